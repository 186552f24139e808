#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/workspace.h"
#include "pipeline/run_job.h"

namespace voxlate::pipeline {

/// What one job takes out of the cache of results, and what it puts there. For one thread.
class JobResults {
 public:
  /// All outlive it; `cache` is null where nothing is kept.
  JobResults(const Job& job, const Workspace& workspace, const ResultCache* cache, Checkpoints& checkpoints);

  /// What an earlier job heard. Reads the whole source when its hash is not known. Throws `kCancelled` soon after a
  /// stop, and when another job hears the same now.
  std::optional<Transcript> find_transcript(const std::stop_token& stop);

  /// Keeps what this job heard. With `damaged_places` only where the source was there as a whole from the beginning.
  void keep_transcript(const Transcript& transcript, int damaged_places, const std::stop_token& stop);

  /// The translation that an earlier job has made of the same, or the one that `make` gives, which is kept then.
  template <typename Make>
  Transcript translation(const Transcript& original, const std::string& target, const TranslateOptions& options,
                         const Make& make) {
    if (!is_on()) return make();
    const std::string key = cache_->translation_key(job_.owner, original, target, options);
    if (auto known = find(key, target)) return *std::move(known);
    Transcript made = make();
    if (!made.makeshift) cache_->keep(key, made);
    return made;
  }

  /// `Job::cached`.
  const std::vector<std::string>& cached() const { return cached_; }

 private:
  bool is_on() const { return cache_ != nullptr && job_.spec.cache; }
  std::string key_of_source(const std::stop_token& stop) const;
  std::optional<Transcript> find(const std::string& key, const std::string& what);

  const Job& job_;
  const Workspace& workspace_;
  const ResultCache* const cache_;
  Checkpoints& checkpoints_;
  std::string transcript_key_;  ///< empty: not known yet
  std::vector<std::string> cached_;
};

}  // namespace voxlate::pipeline
