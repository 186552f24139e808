#pragma once

#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "voxlate/audio.h"
#include "voxlate/job.h"
#include "voxlate/progress.h"
#include "voxlate/transcript.h"

namespace voxlate {

/// A model that an engine can use.
struct TranscriberModel {
  std::string id;                      ///< the value of the option `model`: "base.en"
  std::vector<std::string> languages;  ///< BCP 47 codes it recognises
  bool translates = false;             ///< into English
  bool awaited = false;                ///< being downloaded: jobs for it stay queued until it is here
};

/// What an engine is, for the page, the API and the log.
struct TranscriberInfo {
  std::string id;                          ///< the value of the option `engine`: "sphinx"
  std::string name;                        ///< for people: "PocketSphinx (US English)"
  std::vector<std::string> languages;      ///< BCP 47 codes it recognises
  std::string notice;                      ///< an honest word about its quality and what is better; may be empty
  bool needs_vad = true;                   ///< cannot do without: `TranscribeOptions::vad` has to be true
  std::vector<TranscriberModel> models{};  ///< best first; empty for an engine that has but one
};

struct TranscribeOptions {
  std::string language;                   ///< BCP 47; empty: detect
  std::string model;                      ///< of the engine, for example "base.en"; empty: the best one it has
  std::string prompt;                     ///< text as if said before: names and words to expect, the style wanted
  bool to_english = false;                ///< the text is an English translation of what was said
  Priority priority = Priority::kNormal;  ///< over other jobs of the same engine
  float temperature = 0;  ///< of sampling, up to 1; 0: the most probable text, and higher where that is doubtful
  bool vad = true;        ///< only where voice activity was found; false: all of the audio is listened to
};

/// The result of one independently recognised stretch `[begin, end)` of media time.
struct Window {
  std::chrono::milliseconds begin{};
  std::chrono::milliseconds end{};
  std::vector<Segment> segments;
  std::chrono::milliseconds next{};  ///< where the engine went on, for engines that only know it afterwards

  bool operator==(const Window&) const = default;
};

/// Finished windows of a job: those of earlier attempts are found, new ones are kept. An engine cuts
/// the same audio into the same windows every time, so a window is known by its times.
/// Thread-safe.
class WindowLog {
 public:
  virtual ~WindowLog() = default;

  virtual std::optional<Window> find(std::chrono::milliseconds begin, std::chrono::milliseconds end) const = 0;

  /// Durable when it returns.
  virtual void add(const Window& window) = 0;
};

/// Speech to timed text. Thread-safe: several jobs call one instance at the same time.
class Transcriber {
 public:
  virtual ~Transcriber() = default;

  virtual TranscriberInfo info() const = 0;

  /// Reads `audio` to its end. Segments of the result are ordered, do not overlap and lie inside the
  /// audio. Windows found in `log` are not recognised again; each new one is added to it as soon as it and those before
  /// it are recognised, also while a read of `audio` waits. `log` and `progress` are called from any thread, `audio`
  /// from the caller's alone. Throws what `audio` throws, at once, whatever is being recognised; `kCancelled` soon
  /// after `stop` is requested; `kUnavailable` when the engine cannot run.
  virtual Transcript transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log,
                                Progress& progress, std::stop_token stop) = 0;
};

}  // namespace voxlate
