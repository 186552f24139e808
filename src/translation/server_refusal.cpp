#include "translation/server_refusal.h"

#include <nlohmann/json.hpp>

#include "base/utf8.h"
#include "translation/text_layout.h"

namespace voxlate::translation {
namespace {

using nlohmann::json;

/// `{"error": "…"}` or `{"error": {"message": "…"}}`.
std::string own_words(const std::string& body) {
  const json document = json::parse(body, nullptr, /*allow_exceptions=*/false);
  for (const char* pointer : {"/error/message", "/error"}) {
    const json::json_pointer where(pointer);
    if (document.is_object() && document.contains(where) && document.at(where).is_string())
      return document.at(where).get<std::string>();
  }
  return {};
}

bool quotes(std::string_view words, std::span<const std::string> batch) {
  constexpr std::size_t kTellingCharacters = 6;  // fewer are in every message
  for (const std::string& sentence : batch) {
    const std::string_view piece = truncate_utf8(trimmed(sentence), 2 * kTellingCharacters);
    if (count_characters(piece) >= kTellingCharacters && words.find(piece) != std::string_view::npos) return true;
  }
  return false;
}

std::string short_line(std::string_view words) {
  constexpr std::size_t kMaxBytes = 160;
  std::string line = repair_utf8(truncate_utf8(words, kMaxBytes));
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  }
  return line;
}

}  // namespace

std::string describe_refusal(const remote::HttpAnswer& answer, std::string_view key,
                             std::span<const std::string> batch) {
  std::string status = "HTTP status " + std::to_string(answer.status);
  if (answer.status == 401 || answer.status == 403)
    return status + (key.empty() ? ": it wants a key" : ": it refuses the key");
  if (answer.retry_after.count() > 0)
    return status + ": it wants not to be asked for " + std::to_string(answer.retry_after.count()) + " s";
  const std::string words = own_words(answer.body);
  if (words.empty() || (!key.empty() && words.find(key) != std::string::npos) || quotes(words, batch)) return status;
  return status + ": " + short_line(words);
}

}  // namespace voxlate::translation
