#include "media_worker/work.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <new>
#include <span>
#include <utility>
#include <vector>

#include "base/packet_socket.h"
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
constexpr std::chrono::hours kServerJudgesArrival{24 * 365};

seconds cpu_for(std::chrono::milliseconds duration) {
  return kCpuToOpen + kCpuPerSecondOfMedia * std::chrono::ceil<seconds>(duration);
}

void probe(const media::WorkerRequest& request, UniqueFd file, int answer) {
  limit_cpu(kCpuToOpen);
  write_all(answer, media::encode(media::MediaFound{media::probe(std::move(file), request.limits, {})}));
}

/// By a plain read, which every sandbox allows.
Arrival receive_arrival(int arrivals) {
  std::array<char, kMaxPacketBytes> packet{};
  ssize_t got = 0;
  do {
    got = ::read(arrivals, packet.data(), packet.size());
  } while (got < 0 && errno == EINTR);
  if (got <= 0) throw Error(ErrorCode::kInternal, "expected to be told how much of the file has come, got nothing");
  return media::read_arrival({packet.data(), static_cast<std::size_t>(got)});
}

/// Asks the server, which waits as long as may be waited.
WaitForBytes ask_for_bytes(Arrival known, int answer, int arrivals) {
  return [known, answer, arrivals](std::uint64_t beyond, std::chrono::milliseconds) mutable {
    if (!known.whole && known.bytes <= beyond) {
      write_all(answer, media::encode(media::BytesAwaited{.beyond = beyond}));
      known = receive_arrival(arrivals);
    }
    return known;
  };
}

void decode(const media::WorkerRequest& request, UniqueFd file, int answer, int arrivals) {
  limit_cpu(kCpuToOpen);
  media::Limits limits = request.limits;
  limits.arrival_timeout = kServerJudgesArrival;
  media::AudioReader reader(std::move(file), request.audio_track, limits, {},
                            request.arrival ? ask_for_bytes(*request.arrival, answer, arrivals) : WaitForBytes());
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

int work(const media::WorkerRequest& request, UniqueFd file, UniqueFd answer, UniqueFd arrivals) {
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
      decode(request, std::move(file), answer.get(), arrivals.get());
    }
  } catch (const std::exception& error) {
    write_all(answer.get(), media::encode(failure_of(error)));
  }
  return 0;
}

}  // namespace voxlate::media_worker
