#include "translation/sentence_cache.h"

#include <utility>

namespace voxlate::translation {
namespace {

/// The name of a pair says which model it is.
std::string key_of(const EnginePair& pair, std::string_view sentence) {
  std::string key;
  for (const std::string_view part :
       {std::string_view(pair.name), std::string_view(pair.source), std::string_view(pair.target), sentence}) {
    key.append(part);
    key += '\0';
  }
  return key;
}

}  // namespace

std::optional<Translation> SentenceCache::find(const EnginePair& pair, std::string_view sentence) {
  const std::string key = key_of(pair, sentence);
  const MutexLock lock(mutex_);
  const auto found = places_.find(key);
  if (found == places_.end()) {
    ++misses_;
    return std::nullopt;
  }
  ++hits_;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->translation;
}

void SentenceCache::add(const EnginePair& pair, std::string_view sentence, const Translation& translation) {
  constexpr std::size_t kOverhead = 200;  // of the list, the map and the texts
  Entry entry{.key = key_of(pair, sentence), .translation = translation, .bytes = kOverhead};
  entry.bytes += entry.key.size();
  for (const Version& version : translation.versions) entry.bytes += sizeof(Version) + version.text.size();
  if (entry.bytes > max_bytes_) return;
  const MutexLock lock(mutex_);
  if (places_.contains(entry.key)) return;
  bytes_ += entry.bytes;
  entries_.push_front(std::move(entry));
  places_.emplace(entries_.front().key, entries_.begin());
  while (bytes_ > max_bytes_) {
    bytes_ -= entries_.back().bytes;
    places_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

SentenceCache::Use SentenceCache::use() const {
  const MutexLock lock(mutex_);
  return {.sentences = entries_.size(), .bytes = bytes_, .hits = hits_, .misses = misses_};
}

std::size_t SentenceCache::clear() {
  const MutexLock lock(mutex_);
  places_.clear();
  entries_.clear();
  return std::exchange(bytes_, 0);
}

}  // namespace voxlate::translation
