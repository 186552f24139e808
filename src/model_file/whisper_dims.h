#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "model_file/tensor_set.h"

namespace voxlate::model_file {

/// The sizes of a Whisper network, under OpenAI's names.
struct WhisperDims {
  int n_vocab = 0;
  int n_audio_ctx = 0;
  int n_audio_state = 0;
  int n_audio_head = 0;
  int n_audio_layer = 0;
  int n_text_ctx = 0;
  int n_text_state = 0;
  int n_text_head = 0;
  int n_text_layer = 0;
  int n_mels = 0;

  bool operator==(const WhisperDims&) const = default;
};

/// Every vocabulary ends in at least this many special tokens: end and start of the transcript, six tasks and marks,
/// 1501 times, and none or more languages; one less in files that name the end of the text among the ordinary tokens.
inline constexpr int kMinSpecialTokens = 1508;

struct WhisperDimBounds {
  std::string_view name;
  int WhisperDims::*member;
  int low;
  int high;
};

/// One entry per size, in the order of a ggml header.
std::span<const WhisperDimBounds> whisper_dim_bounds();

/// Holds for every size from tiny to large-v3, and small ones for tests: each size within its bounds, 80 or 128 mel
/// bands, one width of state for audio and text, in heads of 8 to 128 (a multiple of 8). Throws `kCorrupt`.
void check_whisper_dims(const WhisperDims& dims, std::string_view file_name);

/// All tensors of such a network under OpenAI's names, in the order of its `state_dict`.
std::vector<ExpectedTensor> whisper_tensors(const WhisperDims& dims);

}  // namespace voxlate::model_file
