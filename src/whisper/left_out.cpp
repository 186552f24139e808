#include "whisper/left_out.h"

#include <algorithm>
#include <chrono>

namespace voxlate::whisper {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeastBehind{600};       // of speech behind a text that ends early
constexpr milliseconds kLeastForgotten{2'000};  // of speech that no segment covers
constexpr milliseconds kLeastShorter{500};

std::int64_t samples_of(std::span<const SpeechRegion> speech) {
  std::int64_t samples = 0;
  for (const SpeechRegion& region : speech) samples += region.end - region.begin;
  return samples;
}

}  // namespace

std::vector<SpeechRegion> speech_in(std::span<const SpeechRegion> speech, const SpeechRegion& stretch) {
  std::vector<SpeechRegion> inside;
  for (const SpeechRegion& region : speech) {
    const SpeechRegion part{std::max(region.begin, stretch.begin), std::min(region.end, stretch.end)};
    if (part.begin < part.end) inside.push_back(part);
  }
  return inside;
}

std::vector<SpeechRegion> find_left_out(std::span<const SpeechRegion> speech, const SpeechRegion& stretch,
                                        const WindowText& text) {
  std::vector<SpeechRegion> left_out;
  const auto add = [&](const SpeechRegion& gap, milliseconds least_speech) {
    const std::vector<SpeechRegion> unheard = speech_in(speech, gap);
    const std::int64_t most = stretch.end - stretch.begin - samples_in(kLeastShorter);
    if (!unheard.empty() && samples_of(unheard) >= samples_in(least_speech) && gap.end - gap.begin <= most)
      left_out.push_back(gap);
  };
  const std::int64_t went_to = std::min(stretch.end, stretch.begin + samples_in(text.advance));
  std::int64_t heard = stretch.begin;
  for (const Segment& segment : text.segments) {
    add({heard, stretch.begin + samples_in(segment.begin)}, kLeastForgotten);
    heard = std::max(heard, stretch.begin + samples_in(segment.end));
  }
  add({heard, went_to}, kLeastForgotten);
  add({went_to, stretch.end}, kLeastBehind);
  return left_out;
}

}  // namespace voxlate::whisper
