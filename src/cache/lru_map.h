#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <list>
#include <optional>
#include <unordered_map>
#include <utility>

#include "voxlate/job.h"

namespace voxlate::cache {

/// When something that is put now ends; the epoch stands for never.
inline constexpr TimePoint kNever{};

inline TimePoint end_of_life(TimePoint now, std::chrono::seconds ttl) {
  constexpr std::chrono::seconds kLongest = std::chrono::hours(24 * 365 * 10);
  return ttl.count() <= 0 ? kNever : now + std::min(ttl, kLongest);
}

inline bool is_over(TimePoint expires_at, TimePoint now) { return expires_at != kNever && now >= expires_at; }

/// Entries by key and in the order of their last use, with the sum of their bytes. `View` is what a key is looked up
/// by: a `Key`, or what points into one. What is taken out comes as a list, so that it can be freed without a lock that
/// guards the map. Not thread-safe.
template <typename Key, typename Value, typename View, typename Hash = std::hash<View>>
class LruMap {
 public:
  struct Entry {
    Key key;
    Value value;
    std::uint64_t bytes = 0;
    TimePoint expires_at = kNever;
  };
  using Entries = std::list<Entry>;
  using Place = typename Entries::iterator;

  std::optional<Place> find(const View& key) {
    const auto found = places_.find(key);
    if (found == places_.end()) return std::nullopt;
    return found->second;
  }

  /// Makes it the latest used.
  void use(Place place) { entries_.splice(entries_.begin(), entries_, place); }

  /// One with the same key must have been taken out before.
  void add(Entry entry) {
    bytes_ += entry.bytes;
    entries_.push_front(std::move(entry));
    places_.emplace(View(entries_.front().key), entries_.begin());
  }

  /// Another value for the same key, which is the latest used then. Returns the value before.
  Value replace(Place place, Value value, std::uint64_t bytes, TimePoint expires_at) {
    bytes_ = bytes_ - place->bytes + bytes;
    place->bytes = bytes;
    place->expires_at = expires_at;
    use(place);
    return std::exchange(place->value, std::move(value));
  }

  Entries take(Place place) {
    Entries taken;
    bytes_ -= place->bytes;
    places_.erase(View(place->key));
    taken.splice(taken.begin(), entries_, place);
    return taken;
  }

  /// Not of an empty map.
  Place oldest() { return std::prev(entries_.end()); }

  Entries take_expired(TimePoint now) {
    Entries taken;
    for (Place place = entries_.begin(); place != entries_.end();) {
      const Place here = place++;
      if (is_over(here->expires_at, now)) taken.splice(taken.end(), take(here));
    }
    return taken;
  }

  Entries take_all() {
    places_.clear();
    bytes_ = 0;
    return std::exchange(entries_, {});
  }

  bool empty() const { return entries_.empty(); }
  std::size_t size() const { return places_.size(); }
  std::uint64_t bytes() const { return bytes_; }

  /// Whether something has to go. Of a limit 0 there is none.
  bool is_over_limits(std::uint64_t max_entries, std::uint64_t max_bytes) const {
    return (max_entries > 0 && size() > max_entries) || (max_bytes > 0 && bytes_ > max_bytes);
  }

 private:
  Entries entries_;  // the latest used first
  std::unordered_map<View, Place, Hash> places_;
  std::uint64_t bytes_ = 0;
};

}  // namespace voxlate::cache
