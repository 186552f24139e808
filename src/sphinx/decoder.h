#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace voxlate::sphinx {

/// One word as the search found it. Frames are 10 ms, `[begin_frame, end_frame)` from the start of the utterance.
struct DecodedWord {
  std::string text;  ///< as in the dictionary, without the number of an alternative pronunciation
  int begin_frame = 0;
  int end_frame = 0;
  float posterior = 0;  ///< in [0, 1]
};

/// The first file of a US English model that is not in `model_folder`, if there is one.
std::optional<std::string> missing_model_file(const std::filesystem::path& model_folder);

/// One loaded PocketSphinx recogniser: about 130 MB and 0.3 s to load. Not thread-safe; different decoders may
/// run at the same time. The words of an utterance depend on its samples alone, not on what was decoded before:
/// cepstral means are taken per utterance, and noise estimates start anew.
///
/// PocketSphinx prints to stderr by default; the first decoder turns that off for the whole process.
class Decoder {
 public:
  struct Options {
    std::filesystem::path model_folder;  ///< holds `en-us/`, `en-us.lm.bin` and `cmudict-en-us.dict`

    /// Settings of the library that differ from its defaults, as {"-lw", "6.5"}.
    std::vector<std::pair<std::string, std::string>> settings;
  };

  /// Throws `kUnavailable` when the model is not there or cannot be loaded.
  explicit Decoder(const Options& options);
  ~Decoder();
  Decoder(Decoder&&) noexcept;
  Decoder& operator=(Decoder&&) noexcept;

  /// The words of 16 kHz mono `samples`, fillers left out. Throws `kCancelled` soon after `stop` is requested,
  /// `kUnavailable` when the search fails.
  std::vector<DecodedWord> decode(std::span<const std::int16_t> samples, const std::stop_token& stop);

 private:
  struct Handles;
  std::unique_ptr<Handles> handles_;
};

}  // namespace voxlate::sphinx
