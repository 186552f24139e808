#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "voxlate/transcriber.h"
#include "voxlate/voice_activity.h"
#include "whisper/decoding_options.h"
#include "whisper/whisper_model.h"

namespace voxlate::whisper {

/// How audio that is longer than a window is cut.
enum class LongAudio {
  kChunked,     ///< at pauses, into windows that are decoded independently and so together
  kSequential,  ///< each window begins where the one before ended, as in OpenAI's transcribe.py
};

/// Whisper behind the seam: windows of at most 30 s, decoded by the model's batcher.
///
/// Chunked: speech regions are packed into windows; several are under way at once, their results are taken in order.
/// A window whose text ends while somebody still speaks goes on from there. Sequential: one window after the other,
/// with the text before as context; this also serves jobs that want no voice activity detection. Either way each
/// finished window is logged, and memory does not grow with the length of the audio. Where the language is not given,
/// the first windows vote on it.
///
/// Thread-safe.
class WhisperTranscriber final : public Transcriber {
 public:
  struct Options {
    LongAudio long_audio = LongAudio::kChunked;
    DecodingOptions decoding;                      ///< task and language are set per job
    std::size_t max_pending = 8;                   ///< windows of a job under way at once
    std::size_t voters = 3;                        ///< windows that vote on the language
    bool condition_on_previous = true;             ///< sequential: the text before is context
    std::chrono::milliseconds max_pause{2'000};    ///< chunked: joined over inside a window
    std::chrono::milliseconds max_region{30'000};  ///< of the detector: how long or late its regions are at most
  };

  /// Gives the model that a job asks for by name; empty: the best one. Throws `kNotFound`, `kUnavailable`.
  using ModelSource = std::function<std::shared_ptr<const WhisperModel>(const std::string& name, std::stop_token stop)>;

  /// Gives the same model where there is memory for it, for a job whose device ran out of it; empty: nowhere.
  using Fallback = std::function<std::shared_ptr<const WhisperModel>(const WhisperModel& model, std::stop_token stop)>;

  /// Makes the detector of one stream.
  using DetectorFactory = std::function<std::unique_ptr<VoiceActivityDetector>()>;

  /// Says what the engine is now: its models may change.
  using InfoSource = std::function<TranscriberInfo()>;

  WhisperTranscriber(const Options& options, InfoSource info, ModelSource find_model, Fallback fallback,
                     DetectorFactory make_detector);

  TranscriberInfo info() const override { return info_(); }

  Transcript transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log, Progress& progress,
                        std::stop_token stop) override;

 private:
  const Options options_;
  const InfoSource info_;
  const ModelSource find_model_;
  const Fallback fallback_;
  const DetectorFactory make_detector_;
};

}  // namespace voxlate::whisper
