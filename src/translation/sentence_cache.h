#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "translation/sentence_engine.h"
#include "voxlate/cache.h"

namespace voxlate::translation {

/// Translations of sentences that were asked for lately: series and formulas repeat themselves, and a job that is done
/// again in another format costs nothing. Where they lie, how many and for how long is the business of the cache below.
/// Thread-safe.
class SentenceCache {
 public:
  /// `cache` outlives it; null: nothing is kept.
  explicit SentenceCache(Cache* cache) : cache_(cache) {}

  /// One a sentence, in order.
  std::vector<std::optional<Translation>> find(const EnginePair& pair, std::span<const std::string> sentences);

  /// `translations` are those of `sentences`, in order.
  void add(const EnginePair& pair, std::span<const std::string> sentences, std::span<const Translation> translations);

 private:
  Cache* const cache_;
};

/// A translation as the value of a cache.
///
///   value   = format count version*     format: the byte 1; count: one byte
///   version = cut score size text       cut: one byte, 0 or 1; score: the eight bytes of the double;
///                                       size: four bytes; all with the lowest byte first
///
/// Of more than 255 versions the first are taken.
std::string encode_translation(const Translation& translation);
/// Nothing unless `encode_translation` made the value.
std::optional<Translation> decode_translation(std::string_view value);

}  // namespace voxlate::translation
