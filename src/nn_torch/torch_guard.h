#pragma once

#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "voxlate/error.h"

namespace voxlate::nn {

/// The first line of what libtorch says; the rest is a stack trace and advice for Python.
inline Error error_of(const c10::Error& failure) {
  constexpr std::array<std::string_view, 3> kNoMemory = {"out of memory", "can't allocate memory", "ALLOC_FAILED"};
  std::string text = failure.what_without_backtrace();
  bool no_memory = false;
  for (const std::string_view sign : kNoMemory) no_memory = no_memory || text.find(sign) != std::string::npos;
  text.resize(std::min(text.find('\n'), text.size()));
  return {no_memory ? ErrorCode::kOutOfMemory : ErrorCode::kInternal, "libtorch: " + text};
}

/// Does `work` without the bookkeeping for training; what libtorch throws becomes Error. Every call of libtorch that
/// computes or allocates is inside one.
template <typename Work>
auto with_torch(const Work& work) {
  const c10::InferenceMode inference;
  try {
    return work();
  } catch (const c10::Error& failure) {
    throw error_of(failure);
  }
}

}  // namespace voxlate::nn
