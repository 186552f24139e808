#include "http/range.h"

#include <algorithm>
#include <charconv>
#include <limits>
#include <optional>

namespace voxlate::http {
namespace {

// A decimal number; one too large for 64 bits counts as the largest.
std::optional<std::uint64_t> parse_number(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::uint64_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  return result.ec == std::errc() ? value : std::numeric_limits<std::uint64_t>::max();
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

}  // namespace

RangeRequest parse_range(std::string_view header, std::uint64_t size_bytes) {
  constexpr std::string_view kUnit = "bytes=";
  const RangeRequest whole;
  if (!header.starts_with(kUnit)) return whole;
  const std::string_view range = trim(header.substr(kUnit.size()));
  const auto dash = range.find('-');
  if (dash == std::string_view::npos) return whole;
  const std::string_view first = range.substr(0, dash);
  const std::string_view last = range.substr(dash + 1);
  if (first.empty()) {
    const auto suffix = parse_number(last);
    if (!suffix) return whole;
    if (*suffix == 0 || size_bytes == 0) return {.kind = RangeRequest::Kind::kUnsatisfiable};
    return {.kind = RangeRequest::Kind::kPart, .begin = size_bytes - std::min(*suffix, size_bytes), .end = size_bytes};
  }
  const auto begin = parse_number(first);
  const auto inclusive_end = last.empty() ? std::numeric_limits<std::uint64_t>::max() : parse_number(last);
  if (!begin || !inclusive_end || *inclusive_end < *begin) return whole;
  if (*begin >= size_bytes) return {.kind = RangeRequest::Kind::kUnsatisfiable};
  return {.kind = RangeRequest::Kind::kPart,
          .begin = *begin,
          .end = *inclusive_end >= size_bytes ? size_bytes : *inclusive_end + 1};
}

bool matches_etag(std::string_view list, std::string_view etag) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    std::string_view item = trim(list.substr(0, comma));
    if (item == "*") return true;
    if (item.starts_with("W/")) item.remove_prefix(2);
    if (item == etag) return true;
    if (comma == std::string_view::npos) break;
    list.remove_prefix(comma + 1);
  }
  return false;
}

}  // namespace voxlate::http
