#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// Byte offsets behind the sentences that end inside `text`, closing quotes, brackets and tags included, in growing
/// order; the last may be `text.size()`. A sentence ends with . ! ? … and their kin before a blank or the end of the
/// text, or with the marks of other scripts (。？ ؟ । ։ and so on) anywhere. None ends behind abbreviations ("Mr.",
/// "e.g."), initials ("J. Smith") and the number of a list ("1. First"), nor where a quotation goes on ("What?" he
/// said). Thai has no marks: its sentences end at pauses.
std::vector<std::size_t> sentence_ends(std::string_view text);

}  // namespace voxlate::translation
