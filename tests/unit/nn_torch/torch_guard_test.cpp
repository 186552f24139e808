#include "nn_torch/torch_guard.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/zeros.h>
#include <gtest/gtest.h>

#include <string>

namespace voxlate::nn {
namespace {

template <typename Work>
Error failure_of(const Work& work) {
  try {
    with_torch(work);
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "expected an error";
  return {ErrorCode::kNotFound, ""};
}

TEST(TorchGuard, TooLittleMemoryIsSaidToBeThat) {
  const Error error = failure_of([] { return at::empty({std::int64_t{1} << 50}); });
  EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory) << error.what();
}

TEST(TorchGuard, MemoryOfADeviceIsMemoryToo) {
  EXPECT_EQ(failure_of([]() -> int {
              throw c10::Error({__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate 2 GiB\nadvice");
            }).code(),
            ErrorCode::kOutOfMemory);
}

TEST(TorchGuard, WhateverElseItThrowsIsInternalAndOneLine) {
  const Error error = failure_of([] { return at::matmul(at::zeros({2, 3}), at::zeros({2, 3})); });
  EXPECT_EQ(error.code(), ErrorCode::kInternal);
  const std::string text = error.what();
  EXPECT_EQ(text.find('\n'), std::string::npos) << text;
  EXPECT_TRUE(text.starts_with("libtorch: ")) << text;
  EXPECT_NE(text.find("2x3"), std::string::npos) << text;
}

}  // namespace
}  // namespace voxlate::nn
