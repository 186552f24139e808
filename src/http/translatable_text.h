#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::http {

/// A text apart from what is not to be translated in it: line breaks and the blanks around lines of plain text; of HTML
/// the tags that end a sentence, and what is no text (scripts, styles, code). Tags inside a sentence of HTML stand in
/// its piece as subtitle tags, which the translator puts back around the same words.
///
///   text = between[0] piece[0] between[1] piece[1] … between[n]
class TranslatableText {
 public:
  static TranslatableText plain(std::string_view text);
  static TranslatableText html(std::string_view text);

  const std::vector<std::string>& pieces() const { return pieces_; }

  /// The text with `translations`, one a piece, in the places of the pieces.
  std::string with(std::span<const std::string> translations) const;

 private:
  friend class HtmlCutter;

  /// A tag of the document that stands in a piece.
  struct Tag {
    std::string opening;
    std::string closing;
  };

  void add(std::string piece, std::string next_between);
  std::string html_of(std::string_view translation) const;

  bool is_html_ = false;
  std::vector<std::string> between_{""};
  std::vector<std::string> pieces_;
  std::vector<Tag> tags_;  ///< "<c.3>" is of the third
};

}  // namespace voxlate::http
