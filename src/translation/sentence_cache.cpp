#include "translation/sentence_cache.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <utility>

namespace voxlate::translation {
namespace {

constexpr char kFormat = 1;
constexpr std::size_t kMaxVersions = 255;
constexpr std::size_t kVersionHeadBytes = 1 + 8 + 4;

/// The name of a pair says which model it is.
std::string key_of(const EnginePair& pair, std::string_view sentence) {
  std::string key;
  key.reserve(pair.name.size() + pair.source.size() + pair.target.size() + sentence.size() + 4);
  for (const std::string_view part :
       {std::string_view(pair.name), std::string_view(pair.source), std::string_view(pair.target), sentence}) {
    key.append(part);
    key += '\0';
  }
  return key;
}

void append_number(std::string& bytes, std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) bytes += static_cast<char>((number >> (8 * i)) & 0xFFU);
}

/// From the front of `bytes`, which has so many.
std::uint64_t take_number(std::string_view& bytes, std::size_t width) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < width; ++i)
    number |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[i])) << (8 * i);
  bytes.remove_prefix(width);
  return number;
}

}  // namespace

std::vector<std::optional<Translation>> SentenceCache::find(const EnginePair& pair,
                                                            std::span<const std::string> sentences) {
  std::vector<std::optional<Translation>> translations(sentences.size());
  if (cache_ == nullptr) return translations;
  std::vector<std::string> keys;
  keys.reserve(sentences.size());
  for (const std::string& sentence : sentences) keys.push_back(key_of(pair, sentence));
  const std::vector<std::optional<std::string>> values = cache_->get_many(keys);
  std::transform(values.begin(), values.end(), translations.begin(), [](const std::optional<std::string>& value) {
    return value ? decode_translation(*value) : std::nullopt;
  });
  return translations;
}

void SentenceCache::add(const EnginePair& pair, std::span<const std::string> sentences,
                        std::span<const Translation> translations) {
  if (cache_ == nullptr) return;
  std::vector<CacheItem> items;
  items.reserve(sentences.size());
  for (std::size_t i = 0; i < sentences.size(); ++i)
    items.push_back({.key = key_of(pair, sentences[i]), .value = encode_translation(translations[i])});
  cache_->put_many(items);
}

std::string encode_translation(const Translation& translation) {
  const std::size_t count = std::min(translation.versions.size(), kMaxVersions);
  std::string value{kFormat, static_cast<char>(count)};
  for (const Version& version : std::span(translation.versions).first(count)) {
    value += version.is_cut ? '\1' : '\0';
    append_number(value, std::bit_cast<std::uint64_t>(version.score), 8);
    append_number(value, version.text.size(), 4);
    value += version.text;
  }
  return value;
}

std::optional<Translation> decode_translation(std::string_view value) {
  if (value.size() < 2 || value.front() != kFormat) return std::nullopt;
  const std::size_t count = static_cast<unsigned char>(value[1]);
  value.remove_prefix(2);
  Translation translation;
  for (std::size_t i = 0; i < count; ++i) {
    if (value.size() < kVersionHeadBytes) return std::nullopt;
    Version version;
    version.is_cut = take_number(value, 1) != 0;
    version.score = std::bit_cast<double>(take_number(value, 8));
    const std::uint64_t size = take_number(value, 4);
    if (value.size() < size) return std::nullopt;
    version.text = value.substr(0, size);
    value.remove_prefix(size);
    translation.versions.push_back(std::move(version));
  }
  if (translation.versions.empty() || !value.empty()) return std::nullopt;
  return translation;
}

}  // namespace voxlate::translation
