#include "whisper/net_torch/torch_network.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "nn_torch/cuda_devices.h"
#include "tests/unit/whisper/net/reference_data.h"
#include "tests/unit/whisper/net/test_networks.h"
#include "voxlate/error.h"

namespace voxlate::whisper {
namespace {

class TorchNetworkLoading : public ::testing::Test {
 protected:
  void SetUp() override { write_small_model(folder_ / "model.bin", /*n_text_ctx=*/48); }

  ErrorCode failure_of(const std::filesystem::path& path, const Device& device, ComputeType type) {
    try {
      load_torch_network(path, device, type, compute_);
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "model.bin";
  nn::Compute compute_{1};
};

TEST_F(TorchNetworkLoading, TheTypeOfTheCpuIsFloat32) {
  for (const ComputeType type : {ComputeType::kAuto, ComputeType::kFloat32}) {
    EXPECT_EQ(load_torch_network(path_, {}, type, compute_)->description(), "f32 weights, float32, libtorch cpu");
  }
  EXPECT_EQ(failure_of(path_, {}, ComputeType::kFloat16), ErrorCode::kUnsupported);
  EXPECT_EQ(failure_of(path_, {}, ComputeType::kInt8), ErrorCode::kUnsupported);
}

TEST_F(TorchNetworkLoading, ADeviceThatIsNotThereIsUnavailable) {
  const Device beyond{.kind = DeviceKind::kCuda, .index = nn::cuda_device_count()};
  EXPECT_EQ(failure_of(path_, beyond, ComputeType::kAuto), ErrorCode::kUnavailable);
}

TEST_F(TorchNetworkLoading, ErrorsOfTheFileStayWhatTheyAre) {
  EXPECT_EQ(failure_of(folder_ / "absent.bin", {}, ComputeType::kAuto), ErrorCode::kNotFound);
}

/// Runs where there is a GPU. Its float16 keeps about three digits.
TEST_F(TorchNetworkLoading, ACudaDeviceComputesTheSame) {
  if (nn::cuda_device_count() == 0) GTEST_SKIP() << "no CUDA device";
  const std::vector<float> samples = noise(1);
  const WindowAudio window{.samples = samples, .before = {}};
  const std::vector<int> tokens{3, 1, 4, 1, 5};
  const auto logits_of = [&](const Network& network) {
    const auto session = network.new_session();
    const DecoderSession::Input input{.sequence = session->open(network.encode({&window, 1}).front()),
                                      .tokens = tokens};
    const std::span<const float> logits = session->step({&input, 1});
    return std::vector<float>(logits.begin(), logits.end());
  };
  const std::vector<float> expected = logits_of(*load_torch_network(path_, {}, ComputeType::kFloat32, compute_));
  const Device device{.kind = DeviceKind::kCuda};
  const auto exact = load_torch_network(path_, device, ComputeType::kFloat32, compute_);
  const auto half = load_torch_network(path_, device, ComputeType::kAuto, compute_);
  EXPECT_LE(relative_difference(logits_of(*exact), expected), 1e-4);
  EXPECT_LE(relative_difference(logits_of(*half), expected), 1e-2);
}

}  // namespace
}  // namespace voxlate::whisper
