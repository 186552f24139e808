#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "config/config.h"
#include "voxlate/cache.h"
#include "voxlate/memory_holder.h"
#include "voxlate/system_status.h"

namespace voxlate::app {

/// The caches of the server, all of the type that is configured. Thread-safe.
class Caches {
 public:
  /// `folder` is for those in files, and goes where they are not; `clock` outlives the object. Throws `kInvalidInput`
  /// when `cache.redis_url` is none; a Redis that is not there is only said in the log.
  Caches(const Config& config, const std::filesystem::path& folder, const Clock& clock);

  /// Results of tasks by their input and options.
  Cache& results() { return *caches_[kResults].cache; }

  /// Translations of sentences; null when none are to be kept.
  Cache* translations() { return caches_.size() > kTranslations ? caches_[kTranslations].cache.get() : nullptr; }

  std::vector<CacheReport> report() const;

  /// Returns the bytes that were freed. Throws `kNotFound`.
  std::uint64_t clear(std::string_view name);
  void clear_all();

  /// Frees what has expired; called every now and then.
  void remove_expired();

  /// Those whose entries are in this process. What has expired goes first, then all. Borrows from this object.
  std::vector<MemoryHolder> memory_holders();

 private:
  static constexpr std::size_t kResults = 0;
  static constexpr std::size_t kTranslations = 1;

  struct Named {
    std::string name;
    std::unique_ptr<Cache> cache;
    std::function<CacheReport::Connection()> connection;  ///< null where there is none
  };
  struct Size {
    std::uint64_t max_entries = 0;  ///< 0: no limit
    std::uint64_t max_bytes = 0;    ///< in memory
    bool expires_in_memory = true;
    bool compressed_in_memory = false;
  };

  void add(const Config& config, const std::filesystem::path& folder, const Clock& clock, const std::string& name,
           const Size& size);

  const std::string type_;
  std::vector<Named> caches_;
};

/// The memory that `translation.cache_mb` gives to translations. `clock` outlives it. Null: none.
std::unique_ptr<Cache> make_translation_memory(const Config& config, const Clock& clock);

}  // namespace voxlate::app
