#include "sphinx/decoder.h"

#include <fmt/format.h>
#include <pocketsphinx.h>
#include <sphinxbase/err.h>
#include <sphinxbase/fe.h>
#include <sphinxbase/feat.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <system_error>

#include "voxlate/error.h"

namespace voxlate::sphinx {
namespace {

constexpr int kBlockFrames = 20;  // between two looks at the stop token
constexpr std::size_t kMinSamples = 1600;

struct ConfigDeleter {
  void operator()(cmd_ln_t* config) const { cmd_ln_free_r(config); }
};
struct DecoderDeleter {
  void operator()(ps_decoder_t* decoder) const { ps_free(decoder); }
};

void discard_message(void* /*user_data*/, err_lvl_t /*level*/, const char* /*format*/, ...) {}

/// The library's log is process-wide and not locked: it is turned off once, before anything can write to it.
void silence_library() {
  [[maybe_unused]] static const bool kSilenced = [] {
    err_set_callback(discard_message, nullptr);
    err_set_logfp(nullptr);
    return true;
  }();
}

/// Words as the dictionary has them: "read(2)" is a second pronunciation of "read". Fillers give nothing.
std::string_view plain_word(std::string_view word) {
  if (word.empty() || word.front() == '<' || word.front() == '[' || word.starts_with("++")) return {};
  if (word.ends_with(')') && word.find('(') != std::string_view::npos) return word.substr(0, word.find('('));
  return word;
}

}  // namespace

std::optional<std::string> missing_model_file(const std::filesystem::path& model_folder) {
  for (const char* name : {"en-us/mdef", "en-us/means", "en-us/variances", "en-us/sendump", "en-us/feat.params",
                           "en-us/transition_matrices", "en-us/noisedict", "en-us.lm.bin", "cmudict-en-us.dict"}) {
    std::error_code error;
    if (!std::filesystem::is_regular_file(model_folder / name, error)) return name;
  }
  return std::nullopt;
}

struct Decoder::Handles {
  std::unique_ptr<cmd_ln_t, ConfigDeleter> config;
  std::unique_ptr<ps_decoder_t, DecoderDeleter> decoder;
  std::size_t cepstrum_size = 0;

  std::vector<float> cepstra(std::span<const std::int16_t> samples);
  void normalise(std::vector<float>& cepstra) const;
  std::vector<DecodedWord> words();
};

Decoder::Decoder(const Options& options) : handles_(std::make_unique<Handles>()) {
  silence_library();
  // Checked before, since the library ends the process for some broken models.
  if (const auto missing = missing_model_file(options.model_folder))
    throw Error(
        ErrorCode::kUnavailable,
        fmt::format("PocketSphinx: model file {} is missing; install the package pocketsphinx-en-us", *missing));
  std::vector<std::string> arguments{"voxlate",
                                     "-hmm",
                                     (options.model_folder / "en-us").string(),
                                     "-lm",
                                     (options.model_folder / "en-us.lm.bin").string(),
                                     "-dict",
                                     (options.model_folder / "cmudict-en-us.dict").string(),
                                     "-remove_silence",
                                     "no"};
  for (const auto& [name, value] : options.settings) arguments.insert(arguments.end(), {name, value});
  std::vector<char*> pointers;
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  handles_->config.reset(
      cmd_ln_parse_r(nullptr, ps_args(), static_cast<int>(pointers.size()), pointers.data(), /*strict=*/1));
  if (!handles_->config) throw Error(ErrorCode::kUnavailable, "PocketSphinx: a setting was not understood");
  handles_->decoder.reset(ps_init(handles_->config.get()));
  if (!handles_->decoder) throw Error(ErrorCode::kUnavailable, "PocketSphinx: the model could not be loaded");

  feat_t* features = ps_get_feat(handles_->decoder.get());
  handles_->cepstrum_size = static_cast<std::size_t>(fe_get_output_size(ps_get_fe(handles_->decoder.get())));
  features->cmn = CMN_NONE;  // done here, per utterance; the library's own would carry over to the next one
}

Decoder::~Decoder() = default;
Decoder::Decoder(Decoder&&) noexcept = default;
Decoder& Decoder::operator=(Decoder&&) noexcept = default;

/// Frames of `cepstrum_size` values, one after the other.
std::vector<float> Decoder::Handles::cepstra(std::span<const std::int16_t> samples) {
  fe_t* front_end = ps_get_fe(decoder.get());
  fe_start_stream(front_end);  // forgets the noise of earlier utterances
  fe_start_utt(front_end);
  std::vector<float> out;
  std::array<std::vector<float>, kBlockFrames> rows;
  std::array<mfcc_t*, kBlockFrames> row_pointers{};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].resize(cepstrum_size);
    row_pointers[i] = rows[i].data();
  }
  const std::int16_t* next = samples.data();
  std::size_t left = samples.size();
  while (left > 0) {
    int32 frames = kBlockFrames;
    int32 first_frame = 0;
    const std::size_t before = left;
    if (fe_process_frames(front_end, &next, &left, row_pointers.data(), &frames, &first_frame) < 0)
      throw Error(ErrorCode::kUnavailable, "PocketSphinx: the front end failed");
    for (int32 i = 0; i < frames; ++i)
      out.insert(out.end(), rows[static_cast<std::size_t>(i)].begin(), rows[static_cast<std::size_t>(i)].end());
    if (frames == 0 && left == before) break;
  }
  int32 frames = 0;
  fe_end_utt(front_end, row_pointers[0], &frames);
  if (frames > 0) out.insert(out.end(), rows[0].begin(), rows[0].end());
  return out;
}

/// Subtracts the mean of the utterance, so that neither its level nor the microphone matters.
void Decoder::Handles::normalise(std::vector<float>& cepstra) const {
  const std::size_t frames = cepstra.size() / cepstrum_size;
  for (std::size_t k = 0; k < cepstrum_size; ++k) {
    double sum = 0;
    for (std::size_t i = 0; i < frames; ++i) sum += static_cast<double>(cepstra[i * cepstrum_size + k]);
    const auto mean = static_cast<float>(sum / static_cast<double>(frames));
    for (std::size_t i = 0; i < frames; ++i) cepstra[i * cepstrum_size + k] -= mean;
  }
}

std::vector<DecodedWord> Decoder::Handles::words() {
  std::vector<DecodedWord> words;
  logmath_t* logmath = ps_get_logmath(decoder.get());
  for (ps_seg_t* segment = ps_seg_iter(decoder.get()); segment != nullptr; segment = ps_seg_next(segment)) {
    const std::string_view text = plain_word(ps_seg_word(segment));
    if (text.empty()) continue;
    int first = 0;
    int last = 0;
    ps_seg_frames(segment, &first, &last);
    const double posterior = logmath_exp(logmath, ps_seg_prob(segment, nullptr, nullptr, nullptr));
    words.push_back({.text = std::string(text),
                     .begin_frame = first,
                     .end_frame = last + 1,
                     .posterior = static_cast<float>(std::clamp(posterior, 0.0, 1.0))});
  }
  return words;
}

std::vector<DecodedWord> Decoder::decode(std::span<const std::int16_t> samples, const std::stop_token& stop) {
  if (samples.size() < kMinSamples) return {};
  std::vector<float> cepstra = handles_->cepstra(samples);
  handles_->normalise(cepstra);
  ps_decoder_t* decoder = handles_->decoder.get();
  const auto frames = static_cast<int>(cepstra.size() / handles_->cepstrum_size);
  if (ps_start_utt(decoder) < 0) throw Error(ErrorCode::kUnavailable, "PocketSphinx: an utterance could not start");
  int failed = 0;
  for (int first = 0; first < frames && failed == 0 && !stop.stop_requested(); first += kBlockFrames) {
    std::array<mfcc_t*, kBlockFrames> rows{};
    const int count = std::min(kBlockFrames, frames - first);
    for (int i = 0; i < count; ++i)
      rows[static_cast<std::size_t>(i)] =
          cepstra.data() + static_cast<std::size_t>(first + i) * handles_->cepstrum_size;
    if (ps_process_cep(decoder, rows.data(), count, /*no_search=*/0, /*full_utt=*/0) < 0) failed = 1;
  }
  if (ps_end_utt(decoder) < 0) failed = 1;
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "cancelled while recognising speech");
  if (failed != 0) throw Error(ErrorCode::kUnavailable, "PocketSphinx: the search failed");
  return handles_->words();
}

}  // namespace voxlate::sphinx
