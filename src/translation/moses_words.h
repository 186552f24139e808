#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Words as the scripts of the Moses translation system cut them (normalize-punctuation, tokenizer and detokenizer, in
/// the reading of sacremoses 0.1), by which networks with a list of merges were trained. Languages are base tags
/// ("en"); unknown ones are treated by the rules that hold for most. UTF-8 in and out; bytes that are none become
/// U+FFFD.
namespace voxlate::translation {

/// One sort of quotes, apostrophes and dashes, no blanks before marks, and marks that the language wants inside of
/// quotes, or outside, there. Not idempotent in rare cases, as the script is not.
std::string normalise_punctuation(std::string_view text, std::string_view language);

/// The words and marks of a sentence. A full stop stays with an abbreviation; &, |, <, >, ', ", [ and ] are written
/// "&amp;", "&#124;", "&lt;", "&gt;", "&apos;", "&quot;", "&#91;" and "&#93;".
std::vector<std::string> moses_words(std::string_view sentence, std::string_view language);

/// The sentence of such words, with spaces where the language has them. Does more than the script, which leaves
/// "15: 00", "km / h", "L 'Oréal" and a quote that only closes apart, and what it cut out of Thai and Chinese.
std::string sentence_of_moses_words(std::span<const std::string> words, std::string_view language);

}  // namespace voxlate::translation
