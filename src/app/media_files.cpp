#include "app/media_files.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <system_error>

#include "base/log.h"
#include "media/direct_media_reader.h"
#include "media/isolated_media_reader.h"
#include "voxlate/error.h"

namespace voxlate::app {

std::filesystem::path media_worker_program(const Config& config) {
  if (!config.media_worker_program.empty()) return config.media_worker_program;
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).parent_path() / "voxlate-media";
}

std::unique_ptr<media::MediaReader> make_media_reader(const Config& config) {
  media::Limits limits;
  limits.max_duration = config.max_media_duration;
  if (!config.media_worker) return std::make_unique<media::DirectMediaReader>(limits);
  const std::filesystem::path program = media_worker_program(config);
  if (::access(program.c_str(), X_OK) != 0) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("media.worker_program: expected a program, got {}, which cannot be run; install it there, "
                            "or let the server read media itself with media.worker = false",
                            program.string()));
  }
  return std::make_unique<media::IsolatedMediaReader>(
      media::IsolatedMediaReader::Options{.program = program, .limits = limits});
}

std::optional<MediaSandbox> await_media_sandbox(const media::MediaReader& reader) {
  const std::optional<media::Sandbox> sandbox = reader.sandbox();
  if (!sandbox) {
    log::warning("media worker off", {{"media_is_read", "within the server"}});
    return std::nullopt;
  }
  log::info("media worker ready",
            {{"landlock", sandbox->landlock_abi}, {"seccomp", sandbox->seccomp}, {"namespaces", sandbox->namespaces}});
  if (!sandbox->seccomp) log::error("media worker without seccomp", {{"media_is_read", "not at all"}});
  return MediaSandbox{
      .landlock_abi = sandbox->landlock_abi, .seccomp = sandbox->seccomp, .namespaces = sandbox->namespaces};
}

MediaSummary summarise_media(const std::filesystem::path& file, const JobSpec& spec, const media::MediaReader& reader) {
  const media::MediaInfo info = reader.probe(file, {});
  media::require_audio(info, spec.audio_track);
  return {.size_bytes = std::filesystem::file_size(file),
          .duration = info.duration.value_or(std::chrono::milliseconds(0)),
          .content_type = info.content_type,
          .description = info.description};
}

}  // namespace voxlate::app
