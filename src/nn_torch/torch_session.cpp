#include "nn_torch/torch_session.h"

#include <algorithm>
#include <utility>

#include "nn_torch/torch_form.h"
#include "nn_torch/torch_guard.h"

namespace voxlate::nn {

int TorchSession::open(std::shared_ptr<const EncodedSource> source) {
  Sequence sequence{.source = std::static_pointer_cast<const TorchSource>(std::move(source))};
  const int number = free_number();
  with_torch([&] {
    said_.wipe(number);
    if (decoder_.joins_sources()) sequence.source_slot = hold(*sequence.source);
  });
  put(number, std::move(sequence));
  return number;
}

int TorchSession::fork(int sequence) {
  const Sequence from = sequence_of(sequence);
  const int number = free_number();
  with_torch([&] {
    if (from.length == 0) return said_.wipe(number);
    said_.reserve(number + 1, from.length);
    said_.copy(sequence, number, from.length);
  });
  put(number, from);
  return number;
}

void TorchSession::close(int sequence) {
  if (decoder_.joins_sources()) --held_[static_cast<std::size_t>(sequence_of(sequence).source_slot)].users;
  sequences_[static_cast<std::size_t>(sequence)].reset();
  while (!sequences_.empty() && !sequences_.back()) sequences_.pop_back();
  if (!sequences_.empty()) return;
  held_.clear();
  said_.clear();
  sources_.clear();
}

int TorchSession::free_number() const {
  return static_cast<int>(std::find(sequences_.begin(), sequences_.end(), std::nullopt) - sequences_.begin());
}

void TorchSession::put(int number, Sequence sequence) {
  const auto index = static_cast<std::size_t>(number);
  if (decoder_.joins_sources()) ++held_[static_cast<std::size_t>(sequence.source_slot)].users;
  if (index == sequences_.size()) sequences_.emplace_back();
  sequences_[index] = std::move(sequence);
}

/// The slot of an input: the one that it has, else a free one.
int TorchSession::hold(const TorchSource& source) {
  auto slot = std::find_if(held_.begin(), held_.end(),
                           [&](const Held& held) { return held.users > 0 && held.source == &source; });
  if (slot == held_.end()) {
    slot = std::find_if(held_.begin(), held_.end(), [](const Held& held) { return held.users == 0; });
    const auto number = slot - held_.begin();
    sources_.reserve(number + 1, source.length());
    sources_.write(number, source.layers());
    if (slot == held_.end()) slot = held_.emplace(slot);
    slot->source = &source;
  }
  return static_cast<int>(slot - held_.begin());
}

std::span<float> TorchSession::step(std::span<const Input> inputs) {
  if (inputs.empty()) return {};
  std::vector<std::int64_t> last_rows;
  std::int64_t row = -1;
  for (const Input& input : inputs) last_rows.push_back(row += static_cast<std::int64_t>(input.tokens.size()));
  return with_torch([&] {
    const at::Tensor hidden = run(inputs, nullptr);
    logits_ = on_host(decoder_.logits(hidden.index_select(0, indices(last_rows, decoder_.form()))));
    return values_of(logits_);
  });
}

at::Tensor TorchSession::run(std::span<const Input> inputs, const TorchDecoder::Observer& observe) {
  std::vector<TorchDecoder::Input> batch;
  for (const Input& input : inputs) {
    Sequence& sequence = sequences_.at(static_cast<std::size_t>(input.sequence)).value();
    batch.push_back({.source = sequence.source.get(),
                     .source_slot = sequence.source_slot,
                     .sequence = input.sequence,
                     .said = sequence.length,
                     .tokens = input.tokens});
    sequence.length += static_cast<int>(input.tokens.size());
  }
  return decoder_.run(batch, said_, sources_, observe);
}

}  // namespace voxlate::nn
