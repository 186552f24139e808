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

#include "speech/speech_reader.h"
#include "voxlate/error.h"
#include "voxlate/transcriber.h"
#include "whisper/whisper_model.h"
#include "whisper/whisper_transcriber.h"
#include "whisper/window_segments.h"

namespace voxlate::whisper {

/// One call of `transcribe`: what both ways to cut long audio share. All in the caller's thread.
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

  /// Of the result, once it is known.
  int language() const { return setting_.decoding.language; }

  /// How probable that is, where the windows voted; else 0.
  float language_confidence() const { return language_confidence_; }

 protected:
  /// A window, encoded already or not.
  struct Sound {
    std::vector<float> samples;
    std::shared_ptr<const EncodedAudio> encoded;
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
  void report(std::chrono::milliseconds done);
  void check_stop() const;

  const Network& network() const { return setting_.model->network(); }
  const Tokenizer& tokenizer() const { return setting_.model->tokenizer(); }

  Setting setting_;
  const std::chrono::milliseconds start_;  ///< media time of the first sample
  Transcript transcript_;
  float language_confidence_ = 0;

 private:
  WindowBatcher::Result wait(std::future<WindowBatcher::Result>& result);
  void fall_back(const Error& reason);
  std::vector<std::shared_ptr<const EncodedAudio>> encode(std::span<Sound* const> windows) const;

  const std::chrono::milliseconds total_;
  std::chrono::milliseconds done_{0};
};

class ChunkedRun final : public TranscriptionRun {
 public:
  ChunkedRun(const Setting& setting, VoiceActivityDetector& detector);
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
  void collect_first();
  Window decode(Pending& pending);

  speech::SpeechReader reader_;
  std::deque<Pending> pending_;
  std::size_t dispatched_ = 0;  ///< of `pending_`, from the front
};

class SequentialRun final : public TranscriptionRun {
 public:
  explicit SequentialRun(const Setting& setting);
  Transcript transcribe();

 private:
  void fill();
  Window decode(std::chrono::milliseconds begin);
  void remember(const Window& window);

  Sound buffer_;           ///< audio from `seek_` on
  std::int64_t seek_ = 0;  ///< samples
  bool ended_ = false;
  std::vector<int> context_;
};

}  // namespace voxlate::whisper
