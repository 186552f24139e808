#include "translation/piece_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "translation/characters.h"
#include "translation/number_check.h"
#include "translation/text_layout.h"

// A translation becomes a row of items, each text or a piece: place holders that are found become pieces, the second
// of its kind is dropped, and pieces without one are inserted. Then tags that do not nest are moved, and the row is
// written. Where the text around the place holders is that of the source, offsets are the source's own, so that
// untranslated text comes back byte for byte.

namespace voxlate::translation {
namespace {

struct Item {
  std::string text;  ///< of no piece
  std::optional<std::size_t> piece{};
};

/// Where a word begins.
struct Break {
  std::size_t offset = 0;
  std::size_t characters = 0;  ///< before it
};

std::vector<Break> breaks_of(std::string_view text, const std::string& language) {
  std::vector<Break> breaks(1);
  for (const std::size_t offset : break_offsets(text, language)) {
    const Break last = breaks.back();
    const std::size_t characters = count_characters(text.substr(last.offset, offset - last.offset));
    breaks.push_back({.offset = offset, .characters = last.characters + characters});
  }
  return breaks;
}

std::string plain_text(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) text += item.text;
  return text;
}

std::vector<std::string> marks_of(const ProtectedText& source) {
  std::vector<std::string> marks;
  for (const ProtectedPiece& piece : source.pieces)
    if (!piece.mark.empty()) marks.push_back(piece.mark);
  return marks;
}

std::vector<std::size_t> marked_pieces(const ProtectedText& source) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < source.pieces.size(); ++i)
    if (!source.pieces[i].mark.empty()) indices.push_back(i);
  return indices;
}

void add_text(std::vector<Item>& items, std::string_view text) {
  const bool is_first = items.empty() || items.back().piece.has_value();
  if (text.empty()) return;
  if (is_first) items.push_back({.text = {}});
  items.back().text += text;
}

bool ends_with_blank(const std::vector<Item>& items) {
  return items.empty() || (!items.back().piece && items.back().text.back() == ' ');
}

/// `translation` with the blanks at the ends of `source` instead of its own.
std::string with_blanks_of(std::string_view source, std::string_view translation) {
  const std::string_view words = trimmed(source);
  const std::size_t before = words.empty() ? 0 : static_cast<std::size_t>(words.data() - source.data());
  std::string text(source.substr(0, before));
  text += trimmed(translation);
  return text.append(source.substr(before + words.size()));
}

/// Lays the pieces of one sentence into one translation.
class PieceLayout {
 public:
  PieceLayout(const ProtectedText& source, std::string_view translation)
      : source_(source), is_there_(source.pieces.size(), false), is_inserted_(source.pieces.size(), false) {
    source_plain_ = plain_text(items_of(source.text, /*report_doubled=*/false));
    std::fill(is_there_.begin(), is_there_.end(), false);
    items_ = items_of(with_blanks_of(source.text, translation), /*report_doubled=*/true);
    for (std::size_t piece = 0; piece < source.pieces.size(); ++piece)
      if (!is_there_[piece]) is_there_[piece] = claim_written(piece);
    plain_ = plain_text(items_);
    is_exact_ = plain_ == source_plain_;
  }

  Restored put_back() {
    for (std::string& number : missing_numbers(source_plain_, plain_))
      problems_.push_back({.kind = Problem::Kind::kMissingNumber, .what = std::move(number)});
    if (std::find(is_there_.begin(), is_there_.end(), false) != is_there_.end()) insert_missing();
    nest_tags();
    return {.text = written(), .problems = std::move(problems_)};
  }

 private:
  void report(Problem::Kind kind, std::size_t piece) {
    problems_.push_back({.kind = kind, .what = source_.pieces[piece].target});
  }

  std::vector<Item> items_of(std::string_view text, bool report_doubled) {
    const std::vector<std::size_t> pieces = marked_pieces(source_);
    std::vector<Item> items;
    std::size_t begin = 0;
    for (const PlaceHolderMatch& match : find_place_holders(source_.place_holders, marks_of(source_), text)) {
      const std::size_t piece = pieces[match.index];
      add_text(items, text.substr(begin, match.begin - begin));
      begin = match.begin + match.size;
      if (!is_there_[piece]) {
        is_there_[piece] = true;
        items.push_back({.text = {}, .piece = piece});
        continue;
      }
      if (report_doubled) report(Problem::Kind::kDoubledPlaceHolder, piece);
      if (ends_with_blank(items) && text.substr(begin, 1) == " ") ++begin;
    }
    add_text(items, text.substr(begin));
    return items;
  }

  /// Takes what a lost place holder stood for where the translation has it in so many words.
  bool claim_written(std::size_t piece) {
    const std::string& target = source_.pieces[piece].target;
    if (source_.pieces[piece].is_tag || source_plain_.find(target) != std::string::npos) return false;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const std::size_t at = items_[i].text.find(target);
      if (at == std::string::npos) continue;
      const std::string before = items_[i].text.substr(0, at);
      const std::string behind = items_[i].text.substr(at + target.size());
      if (sticks(last_character(before).code) || sticks(first_character(behind).code)) continue;
      items_[i] = {.text = {}, .piece = piece};
      if (!behind.empty()) items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i) + 1, Item{.text = behind});
      if (!before.empty()) items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i), Item{.text = before});
      return true;
    }
    return false;
  }

  void insert_missing() {
    if (!is_exact_) breaks_ = breaks_of(plain_, source_.target);
    for (std::size_t piece = 0; piece < source_.pieces.size(); ++piece) {
      if (is_there_[piece]) continue;
      if (!source_.pieces[piece].mark.empty()) report(Problem::Kind::kLostPlaceHolder, piece);
      if (!insert_beside(piece)) insert_at(offset_for(piece), piece);
      is_there_[piece] = true;
    }
  }

  std::size_t position_of(std::size_t piece) const {
    const auto found =
        std::find_if(items_.begin(), items_.end(), [&](const Item& item) { return item.piece == piece; });
    return static_cast<std::size_t>(found - items_.begin());
  }

  std::size_t plain_offset_of(std::size_t piece) const {
    std::size_t offset = 0;
    for (const Item& item : items_) {
      if (item.piece == piece) break;
      offset += item.text.size();
    }
    return offset;
  }

  /// Tags go beside the piece that they stood beside: an opening one before it, a closing one behind it.
  bool insert_beside(std::size_t piece) {
    const ProtectedPiece& wanted = source_.pieces[piece];
    if (!wanted.is_tag) return false;
    const auto is_beside = [&](std::size_t other) { return source_.pieces[other].offset == wanted.offset; };
    if (wanted.is_closing) {
      if (piece == 0 || !is_beside(piece - 1)) return false;
      insert_item(position_of(piece - 1) + 1, piece);
      return true;
    }
    std::size_t next = piece + 1;
    while (next < source_.pieces.size() && is_beside(next) && !is_there_[next] && !source_.pieces[next].is_closing)
      ++next;
    if (next == source_.pieces.size() || !is_beside(next) || !is_there_[next]) return false;
    insert_item(position_of(next), piece);
    return true;
  }

  void insert_item(std::size_t position, std::size_t piece) {
    items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(position), Item{.text = {}, .piece = piece});
  }

  /// The byte of the plain translation where a lost piece belongs.
  std::size_t offset_for(std::size_t index) {
    const ProtectedPiece& piece = source_.pieces[index];
    if (is_exact_) return piece.offset;
    is_inserted_[index] = !piece.is_tag;
    const std::size_t total = std::max<std::size_t>(count_characters(source_plain_), 1);
    const double share =
        static_cast<double>(count_characters(std::string_view(source_plain_).substr(0, piece.offset))) /
        static_cast<double>(total);
    const double wanted = share * static_cast<double>(count_characters(plain_));
    std::size_t low = 0;
    std::size_t high = plain_.size();
    if (piece.partner && is_there_[*piece.partner]) (piece.is_closing ? low : high) = plain_offset_of(*piece.partner);
    const bool before_end_mark = piece.offset < trimmed(source_plain_).size();
    const bool begins_pair = piece.partner && !piece.is_closing;
    std::size_t best = before_end_mark ? std::min(end_of_words(), high) : high;
    if (begins_pair) best = low;
    double best_distance =
        std::abs(static_cast<double>(count_characters(std::string_view(plain_).substr(0, best))) - wanted);
    for (const Break& one : breaks_) {
      if (one.offset < low || one.offset > high) continue;
      if (piece.partner && one.offset == (piece.is_closing ? low : high)) continue;  // a pair is round something
      const double away = std::abs(static_cast<double>(one.characters) - wanted);
      if (away >= best_distance) continue;
      best = one.offset;
      best_distance = away;
    }
    best = std::max(low, std::min(best, high));
    if (!piece.is_closing) return best;
    return std::max(low, trimmed_size(std::string_view(plain_).substr(0, best)));
  }

  static std::size_t trimmed_size(std::string_view text) {
    while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
    return text.size();
  }

  /// Where the marks at the end of the translation begin.
  std::size_t end_of_words() const {
    std::string_view text = plain_;
    while (!text.empty() && !is_letter_or_digit(last_character(text).code) && text.back() != ')')
      text.remove_suffix(last_character(text).size);
    return text.empty() ? plain_.size() : text.size();
  }

  void insert_at(std::size_t offset, std::size_t piece) {
    std::size_t passed = 0;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      if (items_[i].piece) {
        if (passed == offset && *items_[i].piece > piece) return insert_item(i, piece);
        continue;
      }
      const std::size_t size = items_[i].text.size();
      if (offset < passed + size) {
        const std::string behind = items_[i].text.substr(offset - passed);
        items_[i].text.resize(offset - passed);
        const bool is_front = items_[i].text.empty();
        if (is_front) {
          items_[i].text = behind;
          return insert_item(i, piece);
        }
        items_.insert(items_.begin() + static_cast<std::ptrdiff_t>(i) + 1, Item{.text = behind});
        return insert_item(i + 1, piece);
      }
      passed += size;
    }
    insert_item(items_.size(), piece);
  }

  /// Moves the tags of pairs that are turned round or cross each other: what opened last is closed first.
  void nest_tags() {
    for (std::size_t i = 0; i < source_.pieces.size(); ++i) {
      const ProtectedPiece& piece = source_.pieces[i];
      if (!piece.partner || piece.is_closing) continue;
      const std::size_t opening = position_of(i);
      const std::size_t closing = position_of(*piece.partner);
      if (closing < opening) std::swap(items_[opening].piece, items_[closing].piece);
    }
    std::vector<Item> nested;
    std::vector<std::size_t> open;
    std::vector<bool> is_closed(source_.pieces.size(), false);
    for (Item& item : items_) {
      const ProtectedPiece* piece = item.piece ? &source_.pieces[*item.piece] : nullptr;
      if (piece == nullptr || !piece->partner) {
        nested.push_back(std::move(item));
      } else if (!piece->is_closing) {
        open.push_back(*piece->partner);
        nested.push_back(std::move(item));
      } else if (!is_closed[*item.piece]) {
        for (bool done = false; !done && !open.empty(); open.pop_back()) {
          done = open.back() == *item.piece;
          is_closed[open.back()] = true;
          nested.push_back({.text = {}, .piece = open.back()});
        }
      }
    }
    items_ = std::move(nested);
  }

  std::string written() const {
    std::string text;
    bool skip_blank = false;
    bool needs_blank = false;
    for (const Item& item : items_) {
      if (item.piece) {
        const ProtectedPiece& piece = source_.pieces[*item.piece];
        if (!piece.is_tag) {
          if (piece.blank_before && text.size() > 1 && text.back() == ' ') text.pop_back();
          if (is_inserted_[*item.piece]) add_blank(text);
          skip_blank = piece.blank_after;
          needs_blank = is_inserted_[*item.piece];
        }
        text += piece.target;
        continue;
      }
      std::string_view words = item.text;
      if (skip_blank && words.front() == ' ') words.remove_prefix(1);
      if (needs_blank && sticks(first_character(words).code)) text += ' ';
      skip_blank = needs_blank = false;
      text += words;
    }
    return text;
  }

  static bool sticks(char32_t c) { return is_letter_or_digit(c) && !is_unspaced(c); }

  static void add_blank(std::string& text) {
    if (!text.empty() && sticks(last_character(text).code)) text += ' ';
  }

  const ProtectedText& source_;
  std::string source_plain_;
  std::vector<bool> is_there_;     ///< pieces that are among the items
  std::vector<bool> is_inserted_;  ///< pieces that stand where nothing keeps a blank for them
  std::vector<Item> items_;
  std::string plain_;
  bool is_exact_ = false;
  std::vector<Break> breaks_;
  std::vector<Problem> problems_;
};

}  // namespace

Restored put_back(const ProtectedText& source, std::string_view translation) {
  return PieceLayout(source, translation).put_back();
}

}  // namespace voxlate::translation
