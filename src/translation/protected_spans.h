#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "translation/glossary.h"
#include "translation/inline_tags.h"

namespace voxlate::translation {

/// A stretch of a text that a machine must not translate.
struct ProtectedSpan {
  std::size_t begin = 0;  ///< in bytes
  std::size_t size = 0;
  std::string target;                ///< what takes its place
  std::optional<std::size_t> tag{};  ///< index of the tag that it is

  bool operator==(const ProtectedSpan&) const = default;
};

struct SpanRules {
  const Glossary* glossary = nullptr;
  bool plain_numbers = false;  ///< numbers without separators too
};

/// The spans of `sentence` within `[begin, end)` in order, with text between any two that are not tags: tags, addresses
/// of the web and of mail, paths and names of files, "@name" and "#tag", terms of the glossary, numbers with separators
/// ("12:30", "1,000.50", "3.5%"), numbers of 7 digits and more, and codes of capitals and digits ("AB-1234", IBAN).
/// `tags` are those of `sentence`; `begin` and `end` are not inside one.
std::vector<ProtectedSpan> protected_spans(std::string_view sentence, std::size_t begin, std::size_t end,
                                           std::span<const InlineTag> tags, const SpanRules& rules);

}  // namespace voxlate::translation
