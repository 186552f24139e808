#pragma once

// What a media worker tells the server, through a pipe:
//
//   answer  = message*
//   message = size:u32 kind:u8 body        size counts the body
//   probe   = found | failed
//   decode  = awaited* opened (sound | awaited)* (finished | failed)  |  awaited* failed
//
// `awaited` is a question, which is answered through the worker's socket of arrivals (worker_request.h).
//
// A worker reads hostile files, so the server takes what comes for hostile, too: sizes and numbers are bounded, times
// cannot overflow, text is made one line of UTF-8, samples are in [-1, 1].

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "media/media_info.h"
#include "voxlate/error.h"

namespace voxlate::media {

inline constexpr std::size_t kMaxSoundSamples = 16384;
inline constexpr std::size_t kMaxMessageBytes = 256 * 1024;

struct MediaFound {
  MediaInfo info;
};
struct TrackOpened {
  std::chrono::milliseconds start_time{0};
  std::optional<std::chrono::milliseconds> duration;
};
struct SoundDecoded {
  int damaged_places = 0;      ///< so far
  std::vector<float> samples;  ///< at least one, at most `kMaxSoundSamples`
};
struct TrackFinished {
  int damaged_places = 0;
};
/// Of a file that is still coming in.
struct BytesAwaited {
  std::uint64_t beyond = 0;  ///< more than so many are needed
};
struct ReadingFailed {
  ErrorCode code = ErrorCode::kInternal;  ///< never `kCancelled`: only the server cancels
  std::string message;
};

using WorkerMessage = std::variant<MediaFound, TrackOpened, SoundDecoded, TrackFinished, BytesAwaited, ReadingFailed>;

std::string encode(const MediaFound& message);
std::string encode(const TrackOpened& message);
std::string encode_sound(int damaged_places, std::span<const float> samples);
std::string encode(const TrackFinished& message);
std::string encode(const BytesAwaited& message);
std::string encode(const ReadingFailed& message);

/// Cuts a stream of bytes into messages. Not thread-safe.
class WorkerMessageParser {
 public:
  void append(std::string_view bytes);

  /// The next whole message, if it is there. Throws `kCorrupt` for anything else; nothing can be read afterwards.
  std::optional<WorkerMessage> next();

  /// Whether the bytes end within a message.
  bool is_within_message() const { return begin_ < bytes_.size(); }

 private:
  std::string bytes_;
  std::size_t begin_ = 0;
};

}  // namespace voxlate::media
