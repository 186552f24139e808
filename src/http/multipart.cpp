#include "http/multipart.h"

#include <algorithm>
#include <map>

#include "http/message.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxPartHeadBytes = 8 * 1024;
constexpr std::size_t kMaxPreambleBytes = 4 * 1024;
constexpr std::size_t kMaxBoundaryBytes = 70;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string result(text);
  std::ranges::transform(result, result.begin(), [](char c) { return lower(c); });
  return result;
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// Takes a quoted string or a token from the front. Only \" and \\ are escapes: a backslash of an old
// browser's full path is part of the name.
std::optional<std::string> take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto end = text.find(';');
    value = trim(text.substr(0, end));
    text.remove_prefix(std::min(end, text.size()));
    return value;
  }
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return value;
    }
    if (text[i] == '\\' && i + 1 < text.size() && (text[i + 1] == '"' || text[i + 1] == '\\')) ++i;
    value += text[i];
  }
  return std::nullopt;
}

// `; name=value` pairs behind the first word of a header; names are lower case. Nothing when malformed
// or when a name is repeated.
std::optional<std::map<std::string, std::string>> parse_parameters(std::string_view text) {
  std::map<std::string, std::string> parameters;
  while (true) {
    text = trim(text);
    if (text.empty()) return parameters;
    if (!text.starts_with(';')) return std::nullopt;
    text = trim(text.substr(1));
    if (text.empty()) return parameters;
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string name = lower(trim(text.substr(0, equals)));
    text = trim(text.substr(equals + 1));
    auto value = take_value(text);
    if (!value || !parameters.emplace(name, *value).second) return std::nullopt;
  }
}

// "UTF-8''na%C3%AFve.mp4" (RFC 8187).
std::optional<std::string> decode_extended(std::string_view value) {
  constexpr std::string_view kPrefix = "utf-8'";
  if (lower(value.substr(0, kPrefix.size())) != kPrefix) return std::nullopt;
  const auto quote = value.find('\'', kPrefix.size());
  if (quote == std::string_view::npos) return std::nullopt;
  return decode_percent(value.substr(quote + 1));
}

bool read_disposition(std::string_view value, PartHead& head) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos || lower(trim(value.substr(0, semicolon))) != "form-data") return false;
  const auto parameters = parse_parameters(value.substr(semicolon));
  if (!parameters || !parameters->contains("name")) return false;
  head.name = parameters->at("name");
  if (const auto found = parameters->find("filename"); found != parameters->end()) head.file_name = found->second;
  if (const auto found = parameters->find("filename*"); found != parameters->end()) {
    if (auto name = decode_extended(found->second)) head.file_name = std::move(name);
  }
  return true;
}

}  // namespace

std::optional<std::string> multipart_boundary(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  if (semicolon == std::string_view::npos) return std::nullopt;
  if (lower(trim(content_type.substr(0, semicolon))) != "multipart/form-data") return std::nullopt;
  const auto parameters = parse_parameters(content_type.substr(semicolon));
  if (!parameters || !parameters->contains("boundary")) return std::nullopt;
  const std::string& boundary = parameters->at("boundary");
  const bool usable = !boundary.empty() && boundary.size() <= kMaxBoundaryBytes && boundary.back() != ' ' &&
                      std::ranges::all_of(boundary, [](char c) { return c >= 0x20 && c < 0x7f; });
  return usable ? std::optional(boundary) : std::nullopt;
}

std::optional<PartHead> parse_part_head(std::string_view headers) {
  PartHead head;
  bool has_disposition = false;
  while (!headers.empty()) {
    const auto end = headers.find("\r\n");
    const std::string_view line = headers.substr(0, end);
    headers.remove_prefix(end == std::string_view::npos ? headers.size() : end + 2);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.find_first_of(std::string_view("\0\r\n", 3)) != line.npos) {
      return std::nullopt;
    }
    const std::string name = lower(line.substr(0, colon));
    const std::string_view value = trim(line.substr(colon + 1));
    if (name == "content-disposition") {
      if (has_disposition || !read_disposition(value, head)) return std::nullopt;
      has_disposition = true;
    } else if (name == "content-type") {
      head.content_type = std::string(value);
    }
  }
  return has_disposition ? std::optional(head) : std::nullopt;
}

// The buffer starts with a CR LF of our own: so the first delimiter looks like all others.
MultipartParser::MultipartParser(std::string_view boundary, Events events)
    : delimiter_("\r\n--" + std::string(boundary)), events_(std::move(events)), buffer_("\r\n") {}

MultipartParser::Result MultipartParser::feed(std::string_view bytes) {
  if (state_ == State::kEpilogue) return Result::kGoOn;
  buffer_ += bytes;
  while (true) {
    switch (advance()) {
      case Step::kAgain: break;
      case Step::kNeedMore: return Result::kGoOn;
      case Step::kStopped: return Result::kStopped;
      case Step::kMalformed: return Result::kMalformed;
    }
  }
}

MultipartParser::Step MultipartParser::advance() {
  switch (state_) {
    case State::kPreamble: return skip_preamble();
    case State::kAfterDelimiter: return after_delimiter();
    case State::kHeaders: return read_headers();
    case State::kData: return read_data();
    case State::kEpilogue: buffer_.clear(); return Step::kNeedMore;
  }
  return Step::kMalformed;
}

MultipartParser::Step MultipartParser::malformed(std::string reason) {
  error_ = std::move(reason);
  return Step::kMalformed;
}

MultipartParser::Step MultipartParser::skip_preamble() {
  const auto found = buffer_.find(delimiter_);
  // A delimiter within the limit may still be on its way.
  const std::size_t preamble =
      found != std::string::npos ? found : buffer_.size() - std::min(buffer_.size(), delimiter_.size());
  if (preamble > kMaxPreambleBytes) return malformed("The form does not start with its boundary.");
  if (found == std::string::npos) return Step::kNeedMore;
  buffer_.erase(0, found + delimiter_.size());
  state_ = State::kAfterDelimiter;
  return Step::kAgain;
}

MultipartParser::Step MultipartParser::after_delimiter() {
  if (buffer_.size() < 2) return Step::kNeedMore;
  const std::string_view mark = std::string_view(buffer_).substr(0, 2);
  if (mark != "--" && mark != "\r\n") return malformed("A boundary of the form is not followed by CR LF.");
  state_ = mark == "--" ? State::kEpilogue : State::kHeaders;
  // The CR LF stays: headers are then ended by CR LF CR LF even when there are none.
  if (mark == "--") buffer_.clear();
  return Step::kAgain;
}

MultipartParser::Step MultipartParser::read_headers() {
  constexpr std::string_view kEnd = "\r\n\r\n";
  const auto end = buffer_.find(kEnd);
  const std::size_t size = end != std::string::npos ? end : buffer_.size() - std::min(buffer_.size(), kEnd.size());
  if (size > kMaxPartHeadBytes) return malformed("The headers of a part are too long.");
  if (end == std::string::npos) return Step::kNeedMore;
  const auto head = end == 0 ? std::nullopt : parse_part_head(std::string_view(buffer_).substr(2, end - 2));
  if (!head) return malformed("A part of the form has no Content-Disposition: form-data with a name.");
  buffer_.erase(0, end + 4);
  state_ = State::kData;
  return events_.part_begins(*head) ? Step::kAgain : Step::kStopped;
}

MultipartParser::Step MultipartParser::read_data() {
  const auto found = buffer_.find(delimiter_);
  if (found != std::string::npos) {
    if (found > 0 && !events_.part_data(std::string_view(buffer_).substr(0, found))) return Step::kStopped;
    buffer_.erase(0, found + delimiter_.size());
    state_ = State::kAfterDelimiter;
    return events_.part_ends() ? Step::kAgain : Step::kStopped;
  }
  if (buffer_.size() < delimiter_.size()) return Step::kNeedMore;
  const std::size_t safe = buffer_.size() - delimiter_.size() + 1;
  if (!events_.part_data(std::string_view(buffer_).substr(0, safe))) return Step::kStopped;
  buffer_.erase(0, safe);
  return Step::kNeedMore;
}

}  // namespace voxlate::http
