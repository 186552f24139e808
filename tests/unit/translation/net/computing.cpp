#include "tests/unit/translation/net/computing.h"

#include <cctype>
#include <stdexcept>

#ifdef VOXLATE_WITH_TORCH
#include "translation/net_torch/torch_network.h"
#endif

namespace voxlate::translation {

std::shared_ptr<const Network> Computing::build(const NetworkReader& reader, nn::Compute& compute) const {
  if (backend == Backend::kOwn) return Network::build(reader, compute, type);
#ifdef VOXLATE_WITH_TORCH
  return build_torch_network(reader, {.kind = DeviceKind::kCpu}, type, compute);
#else
  throw std::logic_error("libtorch is not built in");
#endif
}

NetworkBuilder Computing::builder(nn::Compute& compute) const {
  return [computing = *this, &compute](const NetworkReader& reader) { return computing.build(reader, compute); };
}

std::vector<Computing> ways_of_computing(const std::vector<ComputeType>& types) {
  std::vector<Computing> ways;
  for (const ComputeType type : types) ways.push_back({.type = type});
#ifdef VOXLATE_WITH_TORCH
  ways.push_back({.type = ComputeType::kFloat32, .backend = Computing::Backend::kTorch});
#endif
  return ways;
}

std::string name_of(const Computing& computing) {
  std::string type(to_string(computing.type));
  type.front() = static_cast<char>(std::toupper(static_cast<unsigned char>(type.front())));
  return (computing.backend == Computing::Backend::kOwn ? "Own" : "Torch") + type;
}

}  // namespace voxlate::translation
