#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace voxlate::whisper {

/// The vocabulary of one Whisper model: text to tokens and back, and the ids of the special tokens.
///
/// Text is encoded by GPT-2's byte-level byte pair encoding, the rank of a merge being the id of its result.
/// The ids of all Whisper models follow one layout:
///
///   ordinary tokens | eot sot language* translate transcribe startoflm startofprev nospeech notimestamps | timestamp*
///
/// with 1501 timestamps, 0 to 30 s. A place in `languages()` is what "language" means here.
/// Immutable, thread-safe.
class Tokenizer {
 public:
  static constexpr int kTimestamps = 1501;
  static constexpr std::chrono::milliseconds kTimestampStep{20};
  static constexpr std::size_t kMaxTokenBytes = 1024;
  static constexpr std::size_t kMaxTextBytes = 16 << 20;

  /// `ordinary` are the bytes of the tokens in the order of their ids, `n_vocab` is how many tokens the network
  /// knows. With OpenAI's sizes (51864 for English, from 51865 on for several languages) what follows the ordinary
  /// tokens in `ordinary` is dropped, and single bytes that an old converter destroyed are restored. A smaller
  /// `n_vocab` is for vocabularies of another making: `ordinary` is exact, and what the layout leaves says how many
  /// languages there are.
  /// Throws `kCorrupt` when the two do not fit or a token is longer than `kMaxTokenBytes`.
  Tokenizer(std::span<const std::string> ordinary, int n_vocab);
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  /// Any bytes at all: what is not UTF-8 becomes tokens of single bytes, and text that looks like a special token is
  /// text. Bytes for which a small vocabulary has no token are left out. n log n in the bytes of a word.
  /// Throws `kTooLarge` above `kMaxTextBytes`.
  std::vector<int> encode(std::string_view text) const;

  /// The text of the ordinary tokens; all others are skipped. Always UTF-8: each longest start of a character that
  /// is not continued, and each other malformed byte, becomes one U+FFFD. For text in parts use `words.h`.
  std::string decode(std::span<const int> tokens) const;

  /// The bytes of an ordinary token, which may be part of a character; empty for every other id.
  std::string_view token_bytes(int token) const;

  int n_vocab() const { return timestamp_begin() + kTimestamps; }
  int n_languages() const { return n_languages_; }
  bool is_multilingual() const { return is_multilingual_; }

  int eot() const { return eot_; }
  int sot() const { return eot_ + 1; }
  int translate() const { return eot_ + 2 + n_languages_; }
  int transcribe() const { return translate() + 1; }
  int start_of_lm() const { return translate() + 2; }
  int start_of_previous() const { return translate() + 3; }
  int no_speech() const { return translate() + 4; }
  int no_timestamps() const { return translate() + 5; }
  int timestamp_begin() const { return translate() + 6; }

  /// Throws `kUnsupported` for a language that this vocabulary has no token for.
  int language_token(int language) const;
  std::optional<int> language_of(int token) const;

  bool is_timestamp(int token) const { return token >= timestamp_begin(); }
  std::chrono::milliseconds timestamp(int token) const { return (token - timestamp_begin()) * kTimestampStep; }

  /// What annotates sounds and speakers instead of being spoken (OpenAI's `non_speech_tokens`): brackets, notes,
  /// dashes and quotes at the start of a word. Sorted.
  std::vector<int> non_speech_tokens() const;

  /// The special tokens that are never sampled. Sorted.
  std::vector<int> suppressed_special_tokens() const;

  /// What must not come first: the space alone, and the end. Sorted.
  std::vector<int> blank_tokens() const;

 private:
  std::vector<std::string> ordinary_;
  std::unordered_map<std::string_view, int> ids_;  ///< into `ordinary_`
  int eot_ = 0;
  int n_languages_ = 0;
  bool is_multilingual_ = false;
};

}  // namespace voxlate::whisper
