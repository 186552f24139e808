#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// Byte offsets behind the sentences that end inside `text`, closing quotes and brackets included, in growing
/// order; the last may be `text.size()`. A sentence ends with . ! ? … and their kin before a blank or the end of
/// the text, or with 。！？ anywhere; not behind abbreviations ("Mr.", "e.g."), initials ("J. Smith") and the
/// number of a list ("1. First"), and not where a quotation goes on ("What?" he said).
std::vector<std::size_t> sentence_ends(std::string_view text);

}  // namespace voxlate::translation
