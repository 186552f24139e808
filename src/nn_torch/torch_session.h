#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "nn/decoder_session.h"
#include "nn_torch/torch_decoder.h"

namespace voxlate::nn {

/// Sequences of a TorchDecoder, which it borrows. What it throws is Error. Not thread-safe.
class TorchSession final : public DecoderSession {
 public:
  explicit TorchSession(const TorchDecoder& decoder)
      : decoder_(decoder), said_(decoder.said_slots()), sources_(decoder.source_slots()) {}

  int open(std::shared_ptr<const EncodedSource> source) override;
  int fork(int sequence) override;

  /// The number is free for another sequence; without any the memory is too.
  void close(int sequence) override;

  int length(int sequence) const override { return sequence_of(sequence).length; }
  std::span<float> step(std::span<const Input> inputs) override;

  /// As `step`, up to the last hidden states of all tokens: [sum of tokens, state]. Inside `with_torch`.
  at::Tensor run(std::span<const Input> inputs, const TorchDecoder::Observer& observe);

 private:
  struct Sequence {
    std::shared_ptr<const TorchSource> source;
    int source_slot = 0;
    int length = 0;
  };

  /// An input among those that are read together.
  struct Held {
    const TorchSource* source = nullptr;
    int users = 0;  ///< sequences; 0: the slot is free
  };

  const Sequence& sequence_of(int sequence) const { return sequences_.at(static_cast<std::size_t>(sequence)).value(); }
  int free_number() const;
  void put(int number, Sequence sequence);
  int hold(const TorchSource& source);

  const TorchDecoder& decoder_;
  std::vector<std::optional<Sequence>> sequences_;  // by number
  std::vector<Held> held_;                          // by slot
  TorchSlots said_;
  TorchSlots sources_;
  at::Tensor logits_;
};

}  // namespace voxlate::nn
