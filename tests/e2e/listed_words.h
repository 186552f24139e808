#pragma once

#include <string>
#include <vector>

namespace voxlate::e2e {

using Words = std::vector<std::string>;

/// At blanks.
Words split(const std::string& text);

/// What English words of the list mean one by one in "es" or "th"; others stay. Thai has no spaces.
std::string meaning_of(const std::string& english, const std::string& target);

/// What a line may be cut between: the words of the list, and those that Thai ones are put together of ("season" and
/// "hot" for summer), which Unicode's dictionary has one by one.
Words pieces_of_lines(const std::string& target);

/// Whether a text without spaces is made of whole ones.
bool is_of_pieces(const std::string& text, const Words& pieces);

/// Letters that stand side by side: Thai vowels and tones above and below the letters, and the second half of "am",
/// take no place of their own.
int places_of(const std::string& text);

}  // namespace voxlate::e2e
