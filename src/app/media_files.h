#pragma once

#include <filesystem>
#include <memory>
#include <optional>

#include "config/config.h"
#include "media/media_reader.h"
#include "voxlate/job.h"
#include "voxlate/system_status.h"

namespace voxlate::app {

/// The program that media workers run, as configured, else the one beside this program.
std::filesystem::path media_worker_program(const Config& config);

/// What reads media files, by `media.worker`. Throws `kInvalidInput` when the worker's program is not there.
std::unique_ptr<media::MediaReader> make_media_reader(const Config& config);

/// The walls around what reads media, null without; waits until they are up and logs them, as in
/// `media worker ready landlock=7 seccomp=true namespaces=true`. Throws `kUnavailable` when the worker does not start.
std::optional<MediaSandbox> await_media_sandbox(const media::MediaReader& reader);

/// Probes an upload for `spec`: throws `kUnsupported`, `kCorrupt` or `kTooLarge` when there is nothing in it that
/// could be transcribed.
MediaSummary summarise_media(const std::filesystem::path& file, const JobSpec& spec, const media::MediaReader& reader);

}  // namespace voxlate::app
