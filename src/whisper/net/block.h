#pragma once

#include <string>

#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "whisper/net/weights.h"

namespace voxlate::whisper {

/// What blocks of the encoder and of the decoder share: self-attention's layers and the feed-forward network.
struct Block {
  Block(const Weights& weights, const std::string& name, int head_width)
      : attention_norm(weights.layer_norm(name + ".attn_ln")),
        query_key_value(weights.query_key_value(name + ".attn", head_width)),
        attention_out(weights.linear(name + ".attn.out")),
        mlp_norm(weights.layer_norm(name + ".mlp_ln")),
        mlp_in(weights.linear(name + ".mlp.0")),
        mlp_out(weights.linear(name + ".mlp.2")) {}

  std::size_t size_bytes() const {
    return query_key_value.size_bytes() + attention_out.size_bytes() + mlp_in.size_bytes() + mlp_out.size_bytes();
  }

  nn::LayerNorm attention_norm;
  nn::Linear query_key_value;
  nn::Linear attention_out;
  nn::LayerNorm mlp_norm;
  nn::Linear mlp_in;
  nn::Linear mlp_out;
};

}  // namespace voxlate::whisper
