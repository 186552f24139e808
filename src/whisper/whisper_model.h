#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "whisper/alignment_heads.h"
#include "whisper/net/network.h"
#include "whisper/tokenizer.h"
#include "whisper/window_batcher.h"

namespace voxlate::whisper {

/// A loaded model with all that decoding needs, shared by the jobs that use it. Thread-safe.
class WhisperModel {
 public:
  /// `name` is for people and says which alignment heads are right: "base.en". Throws what `Tokenizer` throws.
  WhisperModel(std::string name, std::shared_ptr<const Network> network, const WindowBatcher::Options& options)
      : name_(std::move(name)),
        network_(std::move(network)),
        tokenizer_(network_->vocabulary(), network_->shape().n_vocab),
        heads_(alignment_heads(name_, network_->shape())),
        batcher_(std::make_unique<WindowBatcher>(*network_, tokenizer_, options)) {}

  const std::string& name() const { return name_; }
  const Network& network() const { return *network_; }
  const Tokenizer& tokenizer() const { return tokenizer_; }
  std::span<const AttentionHead> heads() const { return heads_; }
  WindowBatcher& batcher() const { return *batcher_; }

  /// Turbo models were never taught to.
  bool can_translate() const { return tokenizer_.is_multilingual() && !is_turbo(); }

 private:
  bool is_turbo() const { return network_->shape().n_text_layer == 4 && network_->shape().n_mels == 128; }

  const std::string name_;
  const std::shared_ptr<const Network> network_;
  const Tokenizer tokenizer_;
  const std::vector<AttentionHead> heads_;
  const std::unique_ptr<WindowBatcher> batcher_;
};

}  // namespace voxlate::whisper
