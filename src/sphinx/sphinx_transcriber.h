#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "sphinx/decoder.h"
#include "sphinx/decoder_pool.h"
#include "voxlate/transcriber.h"
#include "voxlate/voice_activity.h"
#include "voxlate/worker_slots.h"

namespace voxlate::sphinx {

/// Whether the files of the model are in `model_folder`; empty: where the package pocketsphinx-en-us has them.
bool model_is_installed(const std::filesystem::path& model_folder);

/// The embedded recogniser: PocketSphinx with Debian's US English model. It needs no download and is far less
/// accurate than Whisper; `info().notice` says so.
///
/// Speech regions are packed into utterances of at most `max_utterance`, which the decoders of the pool recognise
/// in parallel; results come back in order. An utterance is a window of the log: finished ones are logged in
/// the order of the media. Memory does not grow with the length of the audio.
///
/// Thread-safe. Owns the decoder threads: the engine's counterpart of the window batcher.
class SphinxTranscriber final : public Transcriber {
 public:
  struct Options {
    std::filesystem::path model_folder;  ///< empty: where the package pocketsphinx-en-us has it
    int decoders = 0;                    ///< 0: one per core, at most 4; each takes about 130 MB while in use

    std::chrono::milliseconds max_utterance{15'000};
    std::chrono::milliseconds max_pause{1'000};  ///< joined over inside an utterance

    /// Regions of the detector may be this long and this late; audio is kept as long as that needs.
    std::chrono::milliseconds max_region{16'000};

    /// Settings of the library beside or in place of the tuned ones, as {"-lw", "6.5"}; for measurements. An
    /// unknown one makes every job fail, and the library aborts with some that it knows ({"-fwdflat", "no"}).
    std::vector<std::pair<std::string, std::string>> settings;

    /// Each utterance takes a place; null: there is no limit but `decoders`. Outlives the transcriber.
    WorkerSlots* slots = nullptr;
  };

  /// Makes the detector of one stream.
  using DetectorFactory = std::function<std::unique_ptr<VoiceActivityDetector>()>;

  SphinxTranscriber(const Options& options, DetectorFactory make_detector);

  TranscriberInfo info() const override;

  Transcript transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log, Progress& progress,
                        std::stop_token stop) override;

 private:
  const Options options_;
  const DetectorFactory make_detector_;
  const int decoders_;
  DecoderPool pool_;
};

}  // namespace voxlate::sphinx
