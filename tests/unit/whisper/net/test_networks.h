#pragma once

#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "whisper/net/network.h"

namespace voxlate::whisper {

/// A way of computing Whisper networks, on the CPU.
struct Backend {
  std::string name;
  std::vector<ComputeType> types;
  std::function<std::shared_ptr<const Network>(const std::filesystem::path&, nn::Compute&, ComputeType)> load;
};

/// Our own kernels, and libtorch where it is built in.
std::vector<Backend> backends();

/// One of them with one of its types.
struct Computing {
  Backend backend;
  ComputeType type = ComputeType::kFloat32;

  /// Whether a result is the same to the bit whatever is computed beside it.
  bool is_exact() const { return backend.name == "Own"; }

  std::shared_ptr<const Network> load(const std::filesystem::path& path, nn::Compute& compute) const {
    return backend.load(path, compute, type);
  }
};

std::vector<Computing> ways_of_computing();

/// "OwnFloat32", for the names of tests.
std::string name_of(const Computing& computing);

inline void PrintTo(const Computing& computing, std::ostream* out) { *out << name_of(computing); }

std::vector<float> noise(unsigned seed, std::size_t count = 2560);

/// A model file of two layers each side, too small to say anything sensible, but what it says depends on what it hears
/// and was told. A window of 8 frames has 2560 samples.
void write_small_model(const std::filesystem::path& path, int n_text_ctx, int n_audio_ctx = 8);

/// The network of such a file.
class SmallNetwork {
 public:
  explicit SmallNetwork(const Computing& computing, int n_text_ctx = 48, int n_audio_ctx = 8) {
    write_small_model(folder_ / "model.bin", n_text_ctx, n_audio_ctx);
    network_ = computing.load(folder_ / "model.bin", compute_);
  }
  const Network& operator*() const { return *network_; }
  const Network* operator->() const { return network_.get(); }

 private:
  const TemporaryFolder folder_;
  nn::Compute compute_{2};
  std::shared_ptr<const Network> network_;
};

}  // namespace voxlate::whisper
