#include "http/text_document.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <span>

#include "base/utf8.h"
#include "http/text_translation.h"

// Subtitles are read as blocks of lines with an empty line between: what stands before the line with the times and that
// line itself are passed on, the rest is text.

namespace voxlate::http {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kArrow = " --> ";

struct Block {
  std::string head;  ///< to the end of the line with the times; of a block without times all of it
  milliseconds begin{};
  milliseconds end{};
  std::vector<std::string> lines;
  bool is_cue = false;
};

// "00:01:02,345" or "01:02.345", with what follows.
std::optional<milliseconds> parse_time(std::string_view text) {
  std::int64_t total_ms = 0;
  for (int parts = 0; parts < 3; ++parts) {
    int number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0 || number > 100'000) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    total_ms = total_ms * 60 + number * 1000LL;
    if (text.empty() || text.front() != ':') break;
    text.remove_prefix(1);
  }
  if (text.size() < 4 || (text.front() != ',' && text.front() != '.')) return std::nullopt;
  int fraction = 0;
  const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 4, fraction);
  if (error != std::errc() || end != text.data() + 4) return std::nullopt;
  return milliseconds(total_ms + fraction);
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  while (!text.empty()) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    lines.emplace_back(line);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return lines;
}

void take_line(Block& block, const std::string& line) {
  if (block.is_cue) {
    block.lines.push_back(line);
    return;
  }
  block.head += line + "\n";
  const auto arrow = line.find(kArrow);
  if (arrow == std::string::npos) return;
  const auto begin = parse_time(line);
  const auto end = parse_time(std::string_view(line).substr(arrow + kArrow.size()));
  if (!begin || !end || *end < *begin) return;
  block.begin = *begin;
  block.end = *end;
  block.is_cue = true;
}

std::vector<Block> blocks_of(std::string_view text) {
  std::vector<Block> blocks;
  bool open = false;
  for (const std::string& line : lines_of(text)) {
    if (line.empty()) {
      open = false;
      continue;
    }
    if (!open) blocks.emplace_back();
    open = true;
    take_line(blocks.back(), line);
  }
  return blocks;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " ") + line;
  return text;
}

// In as many lines as before, of about the same length.
std::string laid_out(std::string_view text, std::size_t lines) {
  std::string result;
  for (; lines > 1; --lines) {
    const std::size_t wanted = text.size() / lines;
    const auto before = text.rfind(' ', wanted);
    const auto behind = text.find(' ', wanted);
    const bool take_before =
        before != std::string_view::npos && (behind == std::string_view::npos || wanted - before <= behind - wanted);
    const auto cut = take_before ? before : behind;
    if (cut == std::string_view::npos || cut == 0) break;
    result += std::string(text.substr(0, cut)) + "\n";
    text.remove_prefix(cut + 1);
  }
  return result + std::string(text) + "\n";
}

std::string translate_subtitles(TextTranslation& translation, std::span<const Block> blocks,
                                const std::string& source) {
  Transcript transcript{.language = source, .engine = {}, .duration = {}, .segments = {}, .notes = {}};
  for (const Block& block : blocks) {
    if (!block.is_cue || block.lines.empty()) continue;
    transcript.segments.push_back({.begin = block.begin, .end = block.end, .text = joined(block.lines), .words = {}});
    transcript.duration = std::max(transcript.duration, block.end);
  }
  const Transcript translated = translation.translate(transcript);
  std::string text;
  auto next = translated.segments.begin();
  for (const Block& block : blocks) {
    if (!block.is_cue || block.lines.empty()) {
      text += block.head + "\n";
      continue;
    }
    std::string own;
    for (; next != translated.segments.end() && next->begin < std::max(block.end, block.begin + milliseconds(1));
         ++next)
      own += (own.empty() ? "" : " ") + next->text;
    if (!own.empty()) text += block.head + laid_out(own, block.lines.size()) + "\n";
  }
  return text;
}

// By the text of all cues, or of the whole.
std::string source_of(const Api& api, const TextDocument& document, std::span<const Block> blocks) {
  if (document.source != "auto") return document.source;
  std::string text;
  for (const Block& block : blocks) text += joined(block.lines) + "\n";
  const auto guess = language_to_translate(api, blocks.empty() ? document.text : text, document.target);
  return guess ? guess->language : document.target;
}

}  // namespace

std::variant<std::string, Problem> translate_document(Api& api, const Request& request, const TextDocument& document) {
  constexpr std::array<std::string_view, 5> kKnown = {".txt", ".html", ".htm", ".srt", ".vtt"};
  if (std::ranges::find(kKnown, document.extension) == kKnown.end()) {
    return Problem{.code = "invalid_input",
                   .detail = "Invalid request: file format not supported; expected .txt, .html, .srt or .vtt"};
  }
  if (!is_utf8(document.text))
    return Problem{.code = "invalid_input", .detail = "Invalid request: expected a file in UTF-8"};
  TextTranslation translation(api, request, document.target);
  const bool subtitles = document.extension == ".srt" || document.extension == ".vtt";
  const std::vector<Block> blocks = subtitles ? blocks_of(document.text) : std::vector<Block>();
  const std::string source = source_of(api, document, blocks);
  if (source == document.target) return document.text;
  if (subtitles) return translate_subtitles(translation, blocks, source);
  const bool html = document.extension != ".txt";
  return translation
      .translate({html ? TranslatableText::html(document.text) : TranslatableText::plain(document.text)}, source)
      .front();
}

}  // namespace voxlate::http
