#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "translation/apertium_modes.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

struct ApertiumOptions {
  ApertiumModesOptions modes;
  int pipelines_per_direction = 1;                    ///< that many callers of one direction run at once
  std::chrono::milliseconds request_timeout{30'000};  ///< for a batch of sentences to be answered, and
  std::chrono::milliseconds sentence_timeout{1'000};  ///< as much more for each of them
};

/// Apertium's rule-based translation by child processes: one long-lived row of programs per direction and pool
/// place, started when first used and again when one of it has died. The programs are GPL and never linked.
/// Thread-safe; callers of one direction take turns by batches of sentences.
class ApertiumEngine final : public SentenceEngine {
 public:
  /// Looks for the installed modes; starts nothing. None found is not an error.
  explicit ApertiumEngine(const ApertiumOptions& options);
  ~ApertiumEngine() override;

  std::vector<EnginePair> pairs() const override;
  std::string notice() const override;
  std::string kind() const override { return "apertium"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kTags; }

  /// A row that dies is started again once a call, then it is `kUnavailable`. One that hangs is `kTimeout`; the
  /// next call starts a new one.
  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                     const std::string& target, std::stop_token stop) override;

  /// What is installed or was asked for and cannot be used, with the reasons.
  const std::vector<UnusableMode>& unusable() const { return unusable_; }

  /// The children that idle rows have running now, for tests and diagnosis.
  std::vector<pid_t> idle_process_ids() const;

 private:
  class Direction;

  Direction& direction(const std::string& source, const std::string& target) const;

  const ApertiumOptions options_;
  std::vector<UnusableMode> unusable_;
  std::vector<std::unique_ptr<Direction>> directions_;
};

}  // namespace voxlate::translation
