#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "translation/glossary.h"
#include "translation/place_holders.h"

namespace voxlate::translation {

/// How the sentences of a job are made ready for an engine.
struct TextRules {
  PlaceHolders place_holders = PlaceHolders::kNumbers;
  const Glossary* glossary = nullptr;  ///< borrowed; with `kNone` it has no effect
  /// Place holders for numbers without separators too: for another try after one came back wrong.
  bool protect_plain_numbers = false;
  std::string target;  ///< BCP 47 of the translation, for the ends of its words
};

/// Something that was taken out of a sentence.
struct ProtectedPiece {
  std::string target;         ///< what stands for it in the translation
  std::string mark;           ///< its place holder in `ProtectedText::text`; empty: it has none
  std::size_t offset = 0;     ///< bytes of the text before it, place holders not counted
  bool blank_before = false;  ///< a blank that parts the place holder from a word, and is not the sentence's
  bool blank_after = false;
  bool is_tag = false;
  bool is_closing = false;
  std::optional<std::size_t> partner{};  ///< index of the tag that closes or opens it
};

/// A sentence for an engine. A value.
struct ProtectedText {
  std::string before;
  std::string text;  ///< what is to be translated
  std::string after;
  std::vector<ProtectedPiece> pieces;  ///< in the order of the sentence
  PlaceHolders place_holders = PlaceHolders::kNone;
  std::string target;
  /// There is no word in it: no engine needs to see it, and `restore` gives the sentence with its terms replaced.
  bool nothing_to_translate = false;
};

/// What is wrong with one translation.
struct Problem {
  enum class Kind {
    kMissingNumber,       ///< a number of the source is not in it
    kLostPlaceHolder,     ///< what it stood for was put where its share of the length was
    kDoubledPlaceHolder,  ///< only the first was used
  };
  Kind kind = Kind::kMissingNumber;
  std::string what;  ///< as the source has it

  bool operator==(const Problem&) const = default;
};

struct Restored {
  std::string text;
  std::vector<Problem> problems;
};

/// Takes out of one sentence what a machine must not touch. At its ends that is what `sentence_frame` says, inside
/// what `protected_spans` says. Without a glossary `restore(protect(s, rules), protect(s, rules).text) == s` for all
/// bytes.
ProtectedText protect(std::string_view sentence, const TextRules& rules);

/// Puts everything back into the translation of `protect(…).text`. Whatever was taken out comes back once: where its
/// place holder is, else where the translation has it in so many words, else at a word boundary near its share of the
/// length; tags well nested. Blanks at the ends of
/// `translation` are not kept. The numbers that stayed in the text are compared.
Restored restore_and_check(const ProtectedText& source, std::string_view translation);

/// The text alone.
std::string restore(const ProtectedText& source, std::string_view translation);

}  // namespace voxlate::translation
