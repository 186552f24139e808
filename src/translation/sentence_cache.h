#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/mutex.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

/// Translations of sentences that were asked for lately: series and formulas repeat themselves, and a job that is done
/// again in another format costs nothing. Beyond its size the least recently used goes. Thread-safe.
class SentenceCache {
 public:
  /// 0: nothing is kept.
  explicit SentenceCache(std::size_t max_bytes) : max_bytes_(max_bytes) {}

  std::optional<Translation> find(const EnginePair& pair, std::string_view sentence);
  void add(const EnginePair& pair, std::string_view sentence, const Translation& translation);

  struct Use {
    std::size_t sentences = 0;
    std::size_t bytes = 0;
    std::uint64_t hits = 0;
    std::uint64_t misses = 0;
  };
  Use use() const;

  /// Returns the bytes.
  std::size_t clear();

 private:
  struct Entry {
    std::string key;
    Translation translation;
    std::size_t bytes = 0;
  };

  const std::size_t max_bytes_;
  mutable Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);                                                 // the latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> places_ GUARDED_BY(mutex_);  // of keys in entries_
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
  std::uint64_t hits_ GUARDED_BY(mutex_) = 0;
  std::uint64_t misses_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::translation
