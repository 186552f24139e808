#include "translation/net/model_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string>

#include "base/file.h"
#include "base/utf8.h"
#include "voxlate/error.h"

namespace voxlate::translation {

nlohmann::json read_model_json(const std::filesystem::path& file, std::uint64_t max_bytes) {
  constexpr int kDeepest = 8;
  const std::string name = repair_utf8(file.filename().string());
  const std::string text = read_file(file, max_bytes);
  const auto guard = [&](int depth, nlohmann::json::parse_event_t /*event*/, nlohmann::json& /*parsed*/) {
    if (depth > kDeepest)
      throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected JSON at most {} deep", name, kDeepest));
    return true;
  };
  try {
    return nlohmann::json::parse(text, guard);
  } catch (const nlohmann::json::exception& failure) {
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected JSON: {}", name, repair_utf8(failure.what())));
  }
}

}  // namespace voxlate::translation
