#pragma once

#include <filesystem>
#include <memory>

#include "config/config.h"
#include "media/media_reader.h"
#include "voxlate/job.h"

namespace voxlate::app {

/// The program that media workers run, as configured, else the one beside this program.
std::filesystem::path media_worker_program(const Config& config);

/// What reads media files, by `media.worker`. Throws `kInvalidInput` when the worker's program is not there.
std::unique_ptr<media::MediaReader> make_media_reader(const Config& config);

/// `media worker ready landlock=7 seccomp=true namespaces=true`, with a warning for walls that are not there; waits
/// until they are up. Throws `kUnavailable` when the worker does not start.
void log_media_sandbox(const media::MediaReader& reader);

/// Probes an upload for `spec`: throws `kUnsupported`, `kCorrupt` or `kTooLarge` when there is nothing in it that
/// could be transcribed.
MediaSummary summarise_media(const std::filesystem::path& file, const JobSpec& spec, const media::MediaReader& reader);

}  // namespace voxlate::app
