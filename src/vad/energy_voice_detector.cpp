#include "vad/energy_voice_detector.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::vad {
namespace {

constexpr int kFrameSamples = kSampleRate / 100;
constexpr auto kFrameLength = std::chrono::milliseconds{10};
constexpr int kNeighbours = 2;               // frames on either side that smooth the level of a frame
constexpr std::int64_t kFloorFrames = 1200;  // 12 s back
constexpr std::int64_t kPeakFrames = 3000;   // 30 s back
constexpr std::size_t kAheadFrames = 200;    // 2 s ahead, for both
constexpr float kLowestDb = -75;             // digital silence is not quieter than a good room
constexpr float kMinRiseDb = 5;              // steady noise rises this much over its own minimum
constexpr double kLowEdgeHz = 200;
constexpr double kHighEdgeHz = 4000;

struct Section {
  double cosine;
  double alpha;
};

/// Butterworth (Q = 1/sqrt 2) second order section by the bilinear transform.
Section section_at(double frequency_hz) {
  const double w = 2 * std::numbers::pi * frequency_hz / kSampleRate;
  return {.cosine = std::cos(w), .alpha = std::sin(w) / std::numbers::sqrt2};
}

std::int64_t to_frames(std::chrono::milliseconds length) { return length / kFrameLength; }

}  // namespace

double EnergyVoiceDetector::Biquad::operator()(double x) {
  const double y = b0 * x + state1;
  state1 = b1 * x - a1 * y + state2;
  state2 = b2 * x - a2 * y;
  return y;
}

EnergyVoiceDetector::EnergyVoiceDetector(const Options& options) : options_(options), high_pass_{}, low_pass_{} {
  if (options.min_silence < 2 * options.padding || options.max_region < 4 * options.min_silence ||
      options.padding.count() < 0)
    throw Error(ErrorCode::kInvalidInput,
                "voice activity: expected min_silence >= 2 x padding and max_region >= 4 x min_silence");
  const Section high = section_at(kLowEdgeHz);
  const double hn = 1 + high.alpha;
  high_pass_ = {.b0 = (1 + high.cosine) / 2 / hn,
                .b1 = -(1 + high.cosine) / hn,
                .b2 = (1 + high.cosine) / 2 / hn,
                .a1 = -2 * high.cosine / hn,
                .a2 = (1 - high.alpha) / hn};
  const Section low = section_at(kHighEdgeHz);
  const double ln = 1 + low.alpha;
  low_pass_ = {.b0 = (1 - low.cosine) / 2 / ln,
               .b1 = (1 - low.cosine) / ln,
               .b2 = (1 - low.cosine) / 2 / ln,
               .a1 = -2 * low.cosine / ln,
               .a2 = (1 - low.alpha) / ln};
}

void EnergyVoiceDetector::push(std::span<const float> samples) {
  for (const float sample : samples) {
    const double y = low_pass_(high_pass_(static_cast<double>(sample)));
    power_sum_ += y * y;
    ++total_samples_;
    if (++power_samples_ == kFrameSamples) {
      add_frame(power_sum_ / kFrameSamples);
      power_sum_ = 0;
      power_samples_ = 0;
    }
  }
}

void EnergyVoiceDetector::add_frame(double power) {
  ++frames_;
  powers_.push_back(power);
  if (powers_.size() > 2 * kNeighbours + 1) powers_.pop_front();
  if (powers_.size() > kNeighbours) add_level(smoothed_level_db());
}

float EnergyVoiceDetector::smoothed_level_db() const {
  const double sum = std::accumulate(powers_.begin(), powers_.end(), 0.0);
  return static_cast<float>(10 * std::log10(sum / static_cast<double>(powers_.size()) + 1e-12));
}

void EnergyVoiceDetector::add_level(float level_db) {
  level_db = std::max(level_db, kLowestDb);
  floor_db_.push(levels_, level_db);
  peak_db_.push(levels_, level_db);
  ++levels_;
  undecided_db_.push_back(level_db);
  if (undecided_db_.size() > kAheadFrames) decide_next_frame();
}

void EnergyVoiceDetector::decide_next_frame() {
  const std::int64_t frame = levels_ - static_cast<std::int64_t>(undecided_db_.size());
  const float level_db = undecided_db_.front();
  undecided_db_.pop_front();
  const float floor_db = floor_db_.since(frame - kFloorFrames);
  const float range_db = peak_db_.since(frame - kPeakFrames) - floor_db;
  const float threshold_db =
      std::max(floor_db + std::max(options_.threshold_share * range_db, kMinRiseDb), options_.min_level_db);
  extend_region(frame, level_db, range_db >= options_.min_range_db && level_db > threshold_db);
}

void EnergyVoiceDetector::extend_region(std::int64_t frame, float level_db, bool speech) {
  if (!open_) {
    if (!speech) return;
    open_ = OpenRegion{.begin = frame, .speech_end = frame, .speech_frames = 0, .continues = false, .levels_db = {}};
  }
  open_->levels_db.push_back(level_db);
  if (speech) {
    open_->speech_end = frame + 1;
    ++open_->speech_frames;
  }
  if (frame - open_->speech_end >= to_frames(options_.min_silence)) {
    close_region();
  } else if (frame - open_->begin >= to_frames(options_.max_region)) {
    cut_region();
  }
}

void EnergyVoiceDetector::cut_region() {
  OpenRegion& open = *open_;
  const auto half = open.levels_db.begin() + static_cast<std::ptrdiff_t>(open.levels_db.size() / 2);
  const auto quietest = std::min_element(half, open.levels_db.end());
  const std::int64_t cut = open.begin + (quietest - open.levels_db.begin());
  OpenRegion rest{.begin = cut,
                  .speech_end = std::max(open.speech_end, cut),
                  .speech_frames = 0,
                  .continues = true,
                  .levels_db = {quietest, open.levels_db.end()}};
  const auto padding = open.continues ? 0 : to_frames(options_.padding);
  const std::int64_t begin = std::max<std::int64_t>(open.begin - padding, 0);
  found_.push_back({.begin = begin * kFrameSamples, .end = cut * kFrameSamples});
  open_ = std::move(rest);
}

void EnergyVoiceDetector::close_region() {
  const OpenRegion open = std::move(*open_);
  open_.reset();
  if (!open.continues && open.speech_frames < to_frames(options_.min_speech)) return;
  const std::int64_t padding = to_frames(options_.padding);
  const std::int64_t begin = std::max<std::int64_t>(open.begin - (open.continues ? 0 : padding), 0);
  const std::int64_t end = (open.speech_end + padding) * kFrameSamples;
  found_.push_back({.begin = begin * kFrameSamples, .end = std::min(end, total_samples_)});
}

void EnergyVoiceDetector::finish() {
  if (power_samples_ > 0) {
    add_frame(power_sum_ / power_samples_);
    power_sum_ = 0;
    power_samples_ = 0;
  }
  while (levels_ < frames_) {  // the last frames have fewer neighbours to the right
    if (static_cast<std::int64_t>(powers_.size()) > frames_ - levels_ + kNeighbours) powers_.pop_front();
    add_level(smoothed_level_db());
  }
  while (!undecided_db_.empty()) decide_next_frame();
  if (open_) close_region();
}

std::optional<SpeechRegion> EnergyVoiceDetector::pop() {
  if (found_.empty()) return std::nullopt;
  const SpeechRegion region = found_.front();
  found_.pop_front();
  return region;
}

}  // namespace voxlate::vad
