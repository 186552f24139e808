#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "models/download.h"
#include "models/verified_files.h"

namespace voxlate::models {

/// A published translation package.
struct TranslationPackage {
  std::string id;       ///< "translate-en_es"
  std::string version;  ///< "1.9"
  std::string source;   ///< as Argos codes them: "en", "zt"
  std::string target;
  std::string source_tag;  ///< BCP 47
  std::string target_tag;
  std::vector<std::string> links;  ///< where it can be had, best first
  // What Argos' own index does not tell, but another may:
  std::uint64_t size_bytes = 0;  ///< 0: unknown
  std::string sha256;
  std::string licence;
  bool non_commercial = false;

  /// Of its folder: "translate-en_es-1_9".
  std::string folder() const;

  bool operator==(const TranslationPackage&) const = default;
};

/// The BCP 47 tag of a code of Argos; nothing where it has none.
using LanguageTag = std::function<std::optional<std::string>(std::string_view code)>;

/// Reads an index in the form of Argos: a JSON array of objects. Entries that are no translation packages, or that
/// name nothing usable, are skipped, as are links that an answer from `address` could not redirect to; of one pair the
/// newest version counts. By pair.
/// Throws `kCorrupt` (no such array), `kTooLarge` (more than 10,000 entries).
std::vector<TranslationPackage> parse_package_index(std::string_view json, const std::string& address,
                                                    const LanguageTag& tag);

/// Whether version `a` ("1.10") is older than `b` ("1.9" is older than "1.10").
bool is_older_version(std::string_view a, std::string_view b);

/// The published translation packages: fetched when somebody asks for them, kept on the disk for a day. Thread-safe.
class PackageIndex {
 public:
  struct Options {
    std::string address;
    std::filesystem::path cache;  ///< "…/models/index.json"
    bool offline = false;         ///< ask nobody; what is cached counts, however old
    DownloadOptions download{.connect_timeout = std::chrono::seconds(10), .stall_timeout = std::chrono::seconds(10)};
  };
  using Packages = std::shared_ptr<const std::vector<TranslationPackage>>;

  /// Throws `kInvalidInput` when the address cannot be used. `clock` outlives it.
  PackageIndex(Options options, LanguageTag tag, const Clock& clock);

  /// What is known without asking anybody; never null. Cheap.
  Packages cached();

  /// Fetches the index when it is missing or older than a day, at most once a minute. Returns why that failed, with
  /// what is cached still there; empty: it did not. Throws `kCancelled`.
  std::string refresh(const std::stop_token& stop);

  /// The cached package called `name`: its id, its folder, or its pair ("en-es") where that is one package's.
  std::optional<TranslationPackage> find(std::string_view name);

  /// How large its archive is, as far as that is known without asking; else 0.
  std::uint64_t known_size(const TranslationPackage& package);

  /// The package with its size, which its server is asked for where the index does not tell it; 0 where that does not
  /// either. Throws as `look_up_size` does; `kUnsupported` when offline.
  TranslationPackage with_size(TranslationPackage package, const std::stop_token& stop);

 private:
  void load() REQUIRES(mutex_);
  bool is_fresh() REQUIRES(mutex_);
  void fetch(const std::stop_token& stop);

  const Options options_;
  const LanguageTag tag_;
  const Clock& clock_;

  Mutex fetching_;  // held while the index is fetched, before `mutex_`
  Mutex mutex_;
  Packages packages_ GUARDED_BY(mutex_) = std::make_shared<const std::vector<TranslationPackage>>();
  std::optional<FileStamp> stamp_ GUARDED_BY(mutex_);  // of the cache when it was read
  std::optional<TimePoint> failed_at_ GUARDED_BY(mutex_);
  std::string failure_ GUARDED_BY(mutex_);
  std::map<std::string, std::uint64_t, std::less<>> sizes_ GUARDED_BY(mutex_);  // by folder name, as asked for
};

}  // namespace voxlate::models
