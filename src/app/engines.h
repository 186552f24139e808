#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "config/config.h"
#include "pipeline/run_job.h"
#include "translation/apertium_modes.h"
#include "voxlate/system_status.h"
#include "voxlate/transcriber.h"
#include "voxlate/translator.h"

namespace voxlate::app {

/// The recognisers and the translator of this installation, as `serve` and `transcribe` both use them.
/// Thread-safe after construction.
class Engines {
 public:
  explicit Engines(const Config& config);

  /// No engine in it: the model of the embedded recogniser is not installed.
  Capabilities capabilities() const;

  /// Borrows from this object.
  pipeline::JobTools tools() const;

 private:
  Transcriber& find(std::string_view id) const;

  const media::Limits media_limits_;
  std::vector<std::unique_ptr<Transcriber>> transcribers_;  // best first
  std::unique_ptr<Translator> translator_;
};

/// What Config means to the modules.
translation::ApertiumModesOptions apertium_modes(const Config& config);
media::Limits media_limits(const Config& config);

/// Probes an upload for `spec`: throws `kUnsupported`, `kCorrupt` or `kTooLarge` when there is nothing in it that
/// could be transcribed.
MediaSummary summarise_media(const std::filesystem::path& file, const JobSpec& spec, const media::Limits& limits);

}  // namespace voxlate::app
