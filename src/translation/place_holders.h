#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// What stands in a text for something that must not be translated.
///
/// Note [Place holders]
/// Networks that were trained on plain sentences copy numbers more surely than anything else that is not a word:
/// every pair of the training text has the same ones on both sides. Names such as "X1" or "__T01__" fall apart into
/// pieces, get blanks, other cases and other scripts, or are translated. Numbers of three digits stay clear of those
/// that become words ("2", "100"), years and thousands separators. A number beside a word changes the sentence,
/// though ("317 really 428 good"), so tags within it get none: they come back at their share of the length.
/// Engines that know markup, and chat models, keep empty elements in place, and no number makes them agree in
/// grammatical number with it.
enum class PlaceHolders {
  kNumbers,  ///< "317": for networks that translate plain text
  kTags,     ///< `<x id="1"/>`: for chat models, engines that translate HTML, and Apertium, where they are blanks
  kNone,     ///< the engine looks after everything inside a sentence itself
};

/// `count` different place holders. None of them is in `text`; `attempt` gives others. Fewer when there are no more.
std::vector<std::string> make_place_holders(PlaceHolders style, std::size_t count, std::string_view text,
                                            std::size_t attempt);

/// Where a place holder stands in a text.
struct PlaceHolderMatch {
  std::size_t begin = 0;
  std::size_t size = 0;
  std::size_t index = 0;  ///< of `marks`

  bool operator==(const PlaceHolderMatch&) const = default;
};

/// All places in `translation` where one of `marks` stands, in order, doubled ones too. It may have got digits of
/// another script and blanks inside; an element other quotes, another case, escaped brackets or a closing tag.
std::vector<PlaceHolderMatch> find_place_holders(PlaceHolders style, const std::vector<std::string>& marks,
                                                 std::string_view translation);

}  // namespace voxlate::translation
