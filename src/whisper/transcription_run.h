#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stop_token>
#include <vector>

#include "base/mutex.h"
#include "speech/collector.h"
#include "speech/speech_reader.h"
#include "speech/steady_progress.h"
#include "voxlate/error.h"
#include "voxlate/transcriber.h"
#include "whisper/whisper_model.h"
#include "whisper/whisper_transcriber.h"
#include "whisper/window_segments.h"

namespace voxlate::whisper {

/// One call of `transcribe`: what both ways to cut long audio share. When it goes, whatever ended it, nothing of its
/// windows stays in the batch.
class TranscriptionRun {
 public:
  struct Setting {
    std::shared_ptr<const WhisperModel> model;
    /// Gives the model that goes on where the device of `model` has not enough memory; empty: there is none.
    std::function<std::shared_ptr<const WhisperModel>()> fallback;
    const WhisperTranscriber::Options& options;
    DecodingOptions decoding;
    bool language_known = false;  ///< `decoding.language` holds; else the windows vote
    std::vector<int> prompt;      ///< context of every window
    Priority priority = Priority::kNormal;
    AudioSource& audio;
    WindowLog& log;
    Progress& progress;
    const std::stop_token& stop;
  };

  explicit TranscriptionRun(Setting setting);
  virtual ~TranscriptionRun() { stop_.request_stop(); }
  TranscriptionRun(const TranscriptionRun&) = delete;
  TranscriptionRun& operator=(const TranscriptionRun&) = delete;

  /// Of the result, once it is known.
  int language() const { return setting_.decoding.language; }

  /// How probable that is, where the windows voted; else 0.
  float language_confidence() const { return language_confidence_; }

 protected:
  /// A window, encoded already or not.
  struct Sound {
    std::vector<float> samples;
    std::shared_ptr<const EncodedAudio> encoded;
    std::shared_ptr<const WhisperModel> encoder;  ///< what is encoded is of use to no other model
  };

  /// A window under way.
  struct Submitted {
    std::shared_ptr<const WhisperModel> model;
    std::vector<int> context;
    std::future<WindowBatcher::Result> result;
  };

  Submitted submit(Sound sound, const std::vector<int>& context);

  struct Heard {
    WindowText text;
    Doubt doubt = Doubt::kNone;
  };

  /// Waits for a window of `samples` with `speech` in it, and reports progress meanwhile. Where the memory of the
  /// device does not suffice it is tried once more, and then the job goes on with the model for that.
  Heard hear(Submitted submitted, std::span<const SpeechSpan> speech, std::span<const float> samples);

  /// Adds segments whose times count from `begin`.
  static void add_segments(Window& window, WindowText text, std::chrono::milliseconds begin);

  /// To the transcript; what overlaps the segment before begins behind it.
  void append(const Window& window);

  /// Unless it is known, these windows decide; they are encoded for it.
  void decide_language(std::span<Sound* const> windows);
  void check_stop() const;

  /// Called from time to time while a window is decoded; what it throws ends the wait.
  virtual void look() { check_stop(); }

  const Network& network() const { return setting_.model->network(); }
  const Tokenizer& tokenizer() const { return setting_.model->tokenizer(); }

  Setting setting_;                        ///< its model is the one that the run began with
  const std::chrono::milliseconds start_;  ///< media time of the first sample
  speech::SteadyProgress progress_;
  Transcript transcript_;
  float language_confidence_ = 0;
  std::stop_source stop_;  ///< requested with the job's, and when the run ends

 private:
  struct End {
    std::stop_source& stop;
    void operator()() const noexcept { stop.request_stop(); }
  };

  WindowBatcher::Result wait(std::future<WindowBatcher::Result>& result);
  std::shared_ptr<const WhisperModel> model() const;
  void fall_back(const WhisperModel& failed, const Error& reason);
  std::vector<std::shared_ptr<const EncodedAudio>> encode(const std::shared_ptr<const WhisperModel>& model,
                                                          std::span<Sound* const> windows) const;

  const std::stop_callback<End> on_stop_;
  mutable Mutex mutex_;
  std::shared_ptr<const WhisperModel> model_ GUARDED_BY(mutex_);  ///< that windows go to now
};

/// The caller's thread reads, cuts and submits, the collector's takes the results, decodes again where that is needed,
/// and publishes.
class ChunkedRun final : public TranscriptionRun {
 public:
  ChunkedRun(const Setting& setting, VoiceActivityDetector& detector);
  ~ChunkedRun() override { stop_.request_stop(); }
  Transcript transcribe();

 private:
  /// A window whose text is not in the transcript yet.
  struct Pending {
    speech::Utterance place;
    Sound sound;
    std::optional<Window> found;  ///< in the log
    Submitted submitted;
  };

  std::chrono::milliseconds media_time(std::int64_t sample) const { return start_ + length_of(sample); }
  void take_utterances();
  void vote();
  void dispatch();
  void look_at_all();

  // In the thread of the collector.
  void collect(Pending& pending);
  Window decode(Pending& pending);

  speech::SpeechReader reader_;
  std::deque<Pending> waiting_;  ///< for the vote
  speech::Collector<Pending> collector_;
};

/// All in the caller's thread.
class SequentialRun final : public TranscriptionRun {
 public:
  explicit SequentialRun(const Setting& setting);
  Transcript transcribe();

 private:
  void look() override;
  void fill();
  Window decode(std::chrono::milliseconds begin);
  void remember(const Window& window);

  Sound buffer_;           ///< audio from `seek_` on
  std::int64_t seek_ = 0;  ///< samples
  bool ended_ = false;
  std::vector<int> context_;
};

}  // namespace voxlate::whisper
