#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "nn/compute.h"

namespace voxlate::nn {

struct Candidate {
  int token = 0;
  float log_probability = 0;

  bool operator==(const Candidate&) const = default;
};

/// The `count` most probable tokens of each row of `logits` [rows, vocabulary], the best first; of equal ones the
/// first. Fewer where the vocabulary is smaller; tokens of -infinity are none, and a row with NaN or +infinity has
/// none.
std::vector<std::vector<Candidate>> best_tokens(Compute& compute, std::span<const float> logits, std::size_t rows,
                                                std::size_t count);

}  // namespace voxlate::nn
