#include "subtitles/graphemes.h"

#include <unicode/brkiter.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

/// Length in bytes of the formatting tag at the start of `text`, 0 where there is none.
std::size_t tag_size(std::string_view text) {
  static constexpr std::array<std::string_view, 11> kNames{"b",    "i",    "u",    "s",  "c",   "v",
                                                           "font", "lang", "ruby", "rt", "span"};
  if (text.substr(0, 2) == "{\\") {
    const auto close = text.find('}');
    return close == std::string_view::npos ? 0 : close + 1;
  }
  const auto close = text.find('>');
  if (text.empty() || text.front() != '<' || close == std::string_view::npos) return 0;
  std::string_view inside = text.substr(1, close - 1);
  if (!inside.empty() && inside.front() == '/') inside.remove_prefix(1);
  const auto is_timestamp = [](char c) {
    return std::isdigit(static_cast<unsigned char>(c)) != 0 || c == ':' || c == '.';
  };
  if (inside.find(':') != std::string_view::npos && std::all_of(inside.begin(), inside.end(), is_timestamp)) {
    return close + 1;
  }
  std::string name(inside.substr(0, inside.find_first_of(" .\t")));
  for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return std::find(kNames.begin(), kNames.end(), name) == kNames.end() ? 0 : close + 1;
}

}  // namespace

struct GraphemeCounter::Iterator {
  std::unique_ptr<icu::BreakIterator> clusters;
};

GraphemeCounter::GraphemeCounter() : iterator_(std::make_unique<Iterator>()) {
  UErrorCode status = U_ZERO_ERROR;
  iterator_->clusters.reset(icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  if (U_FAILURE(status) != 0) throw Error(ErrorCode::kInternal, std::string("ICU: ") + u_errorName(status));
}

GraphemeCounter::~GraphemeCounter() = default;

int GraphemeCounter::count(std::string_view text) {
  const auto is_plain = [](char c) { return c >= ' ' && c < 0x7f; };
  if (std::all_of(text.begin(), text.end(), is_plain)) return static_cast<int>(text.size());
  const auto wide = icu::UnicodeString::fromUTF8(icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  iterator_->clusters->setText(wide);
  int clusters = 0;
  while (iterator_->clusters->next() != icu::BreakIterator::DONE) ++clusters;
  return clusters;
}

int GraphemeCounter::count_visible(std::string_view line) {
  if (line.find_first_of("<{") == std::string_view::npos) return count(line);
  std::string visible;
  while (!line.empty()) {
    const std::size_t tag = tag_size(line);
    if (tag == 0) visible += line.front();
    line.remove_prefix(std::max<std::size_t>(tag, 1));
  }
  return count(visible);
}

}  // namespace voxlate::subtitles
