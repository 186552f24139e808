#include "translation/chat_answer.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

namespace voxlate::translation {
namespace {

using nlohmann::json;

/// Objects looked at in one answer.
constexpr int kMaxObjects = 16;

BatchAnswer refused(std::string why) { return {.translations = {}, .refusal = std::move(why)}; }

/// What follows the last thought. Some servers hide the opening mark, so an end alone counts; a thought without an
/// end leaves nothing.
std::string_view without_thoughts(std::string_view content) {
  constexpr std::string_view kBegin = "<think>";
  constexpr std::string_view kEnd = "</think>";
  const auto end = content.rfind(kEnd);
  const std::string_view rest = end == std::string_view::npos ? content : content.substr(end + kEnd.size());
  return rest.substr(0, rest.find(kBegin));
}

/// The object that begins with the brace at `begin`, up to its closing brace; braces in texts do not count.
std::optional<std::string_view> object_at(std::string_view content, std::size_t begin) {
  int depth = 0;
  bool in_text = false;
  for (std::size_t i = begin; i < content.size(); ++i) {
    const char c = content[i];
    if (in_text && c == '\\') {
      ++i;
    } else if (c == '"') {
      in_text = !in_text;
    } else if (!in_text && c == '{') {
      ++depth;
    } else if (!in_text && c == '}' && --depth == 0) {
      return content.substr(begin, i + 1 - begin);
    }
  }
  return std::nullopt;
}

BatchAnswer take_translations(const json& object, std::span<const std::string> batch) {
  if (object.size() != batch.size()) {
    return refused("expected " + std::to_string(batch.size()) + " numbered translations, got " +
                   std::to_string(object.size()));
  }
  BatchAnswer answer;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const std::string number = std::to_string(i + 1);
    const auto found = object.find(number);
    if (found == object.end()) return refused("translation " + number + " is missing");
    if (!found->is_string()) return refused("translation " + number + " is no text");
    const std::string_view flaw = flaw_of(found->get_ref<const std::string&>(), batch[i]);
    if (!flaw.empty()) return refused("it gave " + std::string(flaw));
    answer.translations.push_back(found->get<std::string>());
  }
  return answer;
}

}  // namespace

BatchAnswer parse_chat_answer(std::string_view content, std::span<const std::string> batch) {
  content = without_thoughts(content);
  auto begin = content.find('{');
  for (int looked = 0; begin != std::string_view::npos && looked < kMaxObjects; ++looked) {
    const std::optional<std::string_view> text = object_at(content, begin);
    const json object = text ? json::parse(*text, nullptr, /*allow_exceptions=*/false) : json(json::value_t::discarded);
    if (object.is_object() && object.contains("1")) return take_translations(object, batch);
    begin = content.find('{', begin + 1);
  }
  return refused("expected a JSON object with numbered translations, got none");
}

std::string numbered_json(std::span<const std::string> batch) {
  nlohmann::ordered_json object;
  for (std::size_t i = 0; i < batch.size(); ++i) object[std::to_string(i + 1)] = batch[i];
  return object.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace);
}

}  // namespace voxlate::translation
