#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/whisper/net/reference_data.h"

namespace voxlate::whisper {

/// A model of made-up weights that reference tensors exist for.
struct RandomModel {
  std::string size;
  std::string file;
};

inline const std::vector<RandomModel> kRandomModels = {{.size = "tiny", .file = "ggml-tiny-f32.bin"},
                                                       {.size = "tiny", .file = "ggml-tiny-f16.bin"},
                                                       {.size = "base", .file = "ggml-base-f16.bin"}};

/// "tinyF16"
inline std::string name_of(const RandomModel& model) {
  return model.size + (model.file.find("f32") == std::string::npos ? "F16" : "F32");
}

inline void PrintTo(const RandomModel& model, std::ostream* out) { *out << name_of(model); }

/// Makes the model, and has the clip that its reference tensors are of; skips where that is impossible.
class RandomModelTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(shared_folder() / "reference")) GTEST_SKIP() << "../shared/reference is absent";
    if (!make_random_model(model().size, folder_.path())) GTEST_SKIP() << "python3 with numpy is needed";
    samples_ = read_wav(shared_folder() / "reference/jfk.wav");
  }

  virtual const RandomModel& model() const = 0;

  std::filesystem::path path() const { return folder_ / model().file; }

  std::vector<float> reference(std::string_view name) const {
    return read_npy(shared_folder() / "reference" / ("random-" + model().size) / name);
  }

  nn::Compute compute_{2};
  std::vector<float> samples_;

 private:
  const TemporaryFolder folder_;
};

}  // namespace voxlate::whisper
