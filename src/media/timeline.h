#pragma once

#include <cstdint>
#include <optional>

namespace voxlate::media {

/// Keeps the sample position equal to media time. A decoder gives frames whose timestamps mostly follow one
/// another; where they do not, this decides:
///
///   deviation             | meaning                         | what happens
///   up to `tolerance`     | rounding of the container       | nothing: frames are joined
///   forward to `max_gap`  | no sound was recorded           | silence of that length
///   back to `max_overlap` | the same time is given twice    | the part already given is dropped
///   more                  | the clock was set (a splice)    | frames are joined, times count on from here
///
/// One frame alone with a strange time, after which the times go on as before, is joined, too.
/// All numbers are samples at 16 kHz. Not thread-safe. Pure.
class Timeline {
 public:
  struct Options {
    std::int64_t tolerance = 1600;
    std::int64_t max_gap = 0;
    std::int64_t max_overlap = 0;
  };

  Timeline(const Options& options, std::int64_t first_time) : options_(options), offset_(first_time) {}

  /// Whether a frame that begins at `time` does not follow the sound so far; unknown times do.
  bool jumps(std::optional<std::int64_t> time) const;

  /// Decides over a frame that jumps: its time and length, and the time of the frame after it, if there is one.
  /// Returns the samples of silence (above 0) or of overlap to drop (below 0) before it.
  std::int64_t place(std::int64_t time, std::int64_t length, std::optional<std::int64_t> next_time);

  /// The sound now ends at `position`, counted from the first sample.
  void advance_to(std::int64_t position) { position_ = position; }

  std::int64_t position() const { return position_; }

 private:
  const Options options_;
  std::int64_t offset_;
  std::int64_t position_ = 0;
};

}  // namespace voxlate::media
