#include "language_id/cld2_identifier.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

// Behind <cstdio>, which it needs.
#include <cld2/public/compact_lang_det.h>
#include <cld2/public/encodings.h>

#include "base/utf8.h"

namespace voxlate::language_id {
namespace {

constexpr std::size_t kMostBytes = 16 << 10;  // of a text; more tells nothing new
constexpr std::size_t kMostGuesses = 3;       // that the library makes

/// Codes that BCP 47 has withdrawn or that the library writes in a way of its own.
constexpr std::array kCodes = std::to_array<std::pair<std::string_view, std::string_view>>(
    {{"iw", "he"}, {"jw", "jv"}, {"in", "id"}, {"mo", "ro"}, {"sr-ME", "cnr"}, {"zh-Hant", "zh-Hant"}});

std::string bcp47(std::string_view code) {
  const auto found = std::ranges::find(kCodes, code, &std::pair<std::string_view, std::string_view>::first);
  return std::string(found == kCodes.end() ? code : found->second);
}

/// The share of right guesses among those for texts of about this length, by what the library says of its own guess:
/// measured on whole sentences of NTREX-128 and pieces of six, three, two and one words of them, in nine languages
/// (de en es fr ja ru th vi zh, 1198 sentences each; the README has the shares).
double measured_share(bool is_reliable, int bytes) {
  struct Share {
    int most_bytes;
    double reliable;
    double unreliable;
  };
  constexpr std::array kShares =
      std::to_array<Share>({{8, 0.66, 0.33}, {14, 0.80, 0.38}, {20, 0.86, 0.38}, {32, 0.90, 0.38}, {64, 0.95, 0.5}});
  for (const Share& share : kShares) {
    if (bytes <= share.most_bytes) return is_reliable ? share.reliable : share.unreliable;
  }
  return is_reliable ? 0.99 : 0.6;
}

}  // namespace

std::vector<LanguageGuess> Cld2Identifier::identify(std::string_view text) const {
  const std::string clean = repair_utf8(truncate_utf8(text, kMostBytes));
  const CLD2::CLDHints no_hints{nullptr, nullptr, CLD2::UNKNOWN_ENCODING, CLD2::UNKNOWN_LANGUAGE};
  std::array<CLD2::Language, kMostGuesses> languages{};
  std::array<int, kMostGuesses> percents{};
  std::array<double, kMostGuesses> scores{};
  int bytes = 0;
  bool is_reliable = false;
  CLD2::ExtDetectLanguageSummary(clean.data(), static_cast<int>(clean.size()), /*is_plain_text=*/true, &no_hints,
                                 CLD2::kCLDFlagBestEffort, languages.data(), percents.data(), scores.data(),
                                 /*resultchunkvector=*/nullptr, &bytes, &is_reliable);
  std::vector<LanguageGuess> guesses;
  const double best = measured_share(is_reliable, bytes);
  for (std::size_t i = 0; i < kMostGuesses; ++i) {
    const std::string_view code = CLD2::LanguageCode(languages.at(i));
    if (languages.at(i) == CLD2::UNKNOWN_LANGUAGE || code.starts_with("xx")) continue;
    // The others share what is left as they share the text.
    const double share = guesses.empty() ? best : (1 - best) * percents.at(i) / 100;
    guesses.push_back({.language = bcp47(code), .confidence = share});
  }
  return guesses;
}

}  // namespace voxlate::language_id
