#pragma once

#include <string_view>
#include <vector>

#include "whisper/net/network.h"

namespace voxlate::whisper {

/// The heads of the decoder that follow the words: those that OpenAI published for the model with that name
/// ("base.en", "ggml-large-v3-q5_0.bin"), when the network has its shape; else, or for a name that says nothing,
/// those of the only published model of that shape, or all heads of the second half of the layers.
std::vector<AttentionHead> alignment_heads(std::string_view model_name, const Network::Shape& shape);

}  // namespace voxlate::whisper
