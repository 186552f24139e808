#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "voxlate/voice_activity.h"

namespace voxlate::vad {

/// Finds speech by its level between 200 and 4000 Hz, without a model.
///
/// A frame of 10 ms is speech when its level stands out from the noise floor around it; floor and peak are
/// taken over a stretch that also reaches into the future, so the first word of a recording counts too.
/// Steady noise of any level gives no regions; music and other lively sounds do. Regions are whole frames,
/// padded on both sides; where speech goes on for `max_region`, it is cut at the quietest place of the second
/// half and the two regions touch. A region is reported at most `max_region + 3 s` of audio after it begins.
///
/// Constant memory, below 100 KB. Not thread-safe.
class EnergyVoiceDetector final : public VoiceActivityDetector {
 public:
  struct Options {
    std::chrono::milliseconds min_speech{100};   ///< shorter bursts are dropped
    std::chrono::milliseconds min_silence{400};  ///< shorter pauses belong to the region; at least 2 x padding
    std::chrono::milliseconds padding{200};      ///< kept before and after the speech
    std::chrono::milliseconds max_region{12'000};
    float min_range_db = 9;        ///< peak over floor; with less there is no speech at all
    float threshold_share = 0.3F;  ///< of the way from floor to peak, where speech begins
    float min_level_db = -62;      ///< of full scale; below it nothing is speech
  };

  /// Throws `kInvalidInput` for options that contradict each other.
  explicit EnergyVoiceDetector(const Options& options);
  EnergyVoiceDetector() : EnergyVoiceDetector(Options{}) {}

  void push(std::span<const float> samples) override;
  void finish() override;
  std::optional<SpeechRegion> pop() override;

 private:
  /// Second-order filter section, direct form II transposed.
  struct Biquad {
    double b0, b1, b2, a1, a2;
    double state1 = 0, state2 = 0;

    double operator()(double x);
  };

  /// Minimum or maximum of the frames that are not older than a given one.
  template <typename Before>
  class SlidingExtreme {
   public:
    void push(std::int64_t frame, float value) {
      while (!entries_.empty() && Before{}(value, entries_.back().value)) entries_.pop_back();
      entries_.push_back({frame, value});
    }
    float since(std::int64_t frame) {
      while (entries_.front().frame < frame) entries_.pop_front();
      return entries_.front().value;
    }

   private:
    struct Entry {
      std::int64_t frame;
      float value;
    };
    std::deque<Entry> entries_;
  };

  struct OpenRegion {
    std::int64_t begin;       ///< first frame
    std::int64_t speech_end;  ///< after the last speech frame
    int speech_frames;
    bool continues;                ///< touches the region before it
    std::vector<float> levels_db;  ///< from `begin` on
  };

  void add_frame(double power);
  float smoothed_level_db() const;
  void add_level(float level_db);
  void decide_next_frame();
  void extend_region(std::int64_t frame, float level_db, bool speech);
  void cut_region();
  void close_region();

  const Options options_;
  Biquad high_pass_;
  Biquad low_pass_;
  std::int64_t total_samples_ = 0;
  double power_sum_ = 0;  ///< of the frame that is being filled
  int power_samples_ = 0;

  std::int64_t frames_ = 0;
  std::deque<double> powers_;  ///< of the newest frames
  std::int64_t levels_ = 0;    ///< frames whose smoothed level is known
  std::deque<float> undecided_db_;
  SlidingExtreme<std::less<>> floor_db_;
  SlidingExtreme<std::greater<>> peak_db_;

  std::optional<OpenRegion> open_;
  std::deque<SpeechRegion> found_;
};

}  // namespace voxlate::vad
