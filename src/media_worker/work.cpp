#include "media_worker/work.h"

#include <algorithm>
#include <chrono>
#include <ctime>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "media/audio_reader.h"
#include "media/ffmpeg_log.h"
#include "media/language_tag.h"
#include "media/probe.h"
#include "media/worker_messages.h"
#include "media_worker/sandbox.h"
#include "voxlate/error.h"

namespace voxlate::media_worker {
namespace {

using std::chrono::seconds;

constexpr seconds kCpuToOpen{60};
constexpr int kCpuPerSecondOfMedia = 2;

seconds cpu_for(std::chrono::milliseconds duration) {
  return kCpuToOpen + kCpuPerSecondOfMedia * std::chrono::ceil<seconds>(duration);
}

void probe(const media::WorkerRequest& request, UniqueFd file, int answer) {
  limit_cpu(kCpuToOpen);
  write_all(answer, media::encode(media::MediaFound{media::probe(std::move(file), request.limits, {})}));
}

void decode(const media::WorkerRequest& request, UniqueFd file, int answer) {
  limit_cpu(kCpuToOpen);
  media::AudioReader reader(std::move(file), request.audio_track, request.limits, {});
  limit_cpu(cpu_for(std::min(reader.duration().value_or(request.limits.max_duration), request.limits.max_duration)));
  write_all(answer, media::encode(media::TrackOpened{reader.start_time(), reader.duration()}));
  std::vector<float> block(media::kMaxSoundSamples);
  while (const std::size_t got = reader.read(block)) {
    write_all(answer, media::encode_sound(reader.damaged_places(), std::span(block).first(got)));
  }
  write_all(answer, media::encode(media::TrackFinished{reader.damaged_places()}));
}

media::ReadingFailed failure_of(const std::exception& error) {
  if (const auto* ours = dynamic_cast<const Error*>(&error)) return {.code = ours->code(), .message = ours->what()};
  if (dynamic_cast<const std::bad_alloc*>(&error) != nullptr) {
    return {.code = ErrorCode::kTooLarge, .message = "Reading this file takes more memory than it may."};
  }
  return {.code = ErrorCode::kInternal, .message = error.what()};
}

}  // namespace

void prepare_for_work() {
  media::prepare_ffmpeg();
  media::language_tag("ger");
  ::tzset();  // containers hold dates
}

int work(const media::WorkerRequest& request, UniqueFd file, UniqueFd answer) {
  constexpr int kNoSandbox = 3;
  if (!put_up_inner_walls(cpu_for(request.limits.max_duration))) {
    write_all(answer.get(), media::encode(media::ReadingFailed{.code = ErrorCode::kUnavailable,
                                                               .message = "the sandbox of the media worker cannot be "
                                                                          "put up here (seccomp, resource limits)"}));
    return kNoSandbox;
  }
  try {
    if (request.task == media::WorkerTask::kProbe) {
      probe(request, std::move(file), answer.get());
    } else {
      decode(request, std::move(file), answer.get());
    }
  } catch (const std::exception& error) {
    write_all(answer.get(), media::encode(failure_of(error)));
  }
  return 0;
}

}  // namespace voxlate::media_worker
