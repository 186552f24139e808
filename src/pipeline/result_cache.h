#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "voxlate/cache.h"
#include "voxlate/job.h"
#include "voxlate/transcript.h"
#include "voxlate/translator.h"

namespace voxlate::pipeline {

/// The same for jobs that hear the same: of the same media, with options that do not differ in what is heard. Pure.
/// 64 hexadecimal digits. `owner` is empty where all share.
std::string work_key(const JobSpec& spec, std::string_view owner, std::string_view source_sha256);

/// Transcripts and translations that earlier jobs made, by what they were made of. Thread-safe.
class ResultCache {
 public:
  /// What does the work now, in words that change whenever its results may: models, settings, versions. Any thread.
  struct Makers {
    std::function<std::string(const JobSpec&)> recogniser;
    std::function<std::string(std::string_view source, std::string_view target)> translator;
  };

  enum class Sharing { kWithinOwner, kAmongAll };

  /// `cache` outlives it.
  ResultCache(Cache& cache, Sharing sharing, Makers makers)
      : cache_(cache), sharing_(sharing), makers_(std::move(makers)) {}

  /// Empty for a job that wants nothing of earlier ones.
  std::string work_key(const JobSpec& spec, std::string_view owner, std::string_view source_sha256) const;

  std::string transcript_key(const JobSpec& spec, std::string_view work_key) const;
  std::string translation_key(const std::string& owner, const Transcript& original, std::string_view target,
                              const TranslateOptions& options) const;

  /// Whether nothing is left to be made for such a job but its files.
  bool has_all(const JobSpec& spec, std::string_view work_key) const;

  std::optional<Transcript> find(const std::string& key) const;
  void keep(const std::string& key, const Transcript& result) const;

 private:
  std::string_view sharer(std::string_view owner) const {
    return sharing_ == Sharing::kAmongAll ? std::string_view() : owner;
  }

  Cache& cache_;
  const Sharing sharing_;
  const Makers makers_;
};

}  // namespace voxlate::pipeline
