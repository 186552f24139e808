#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace voxlate {

/// How hard memory is given back.
enum class ReleaseMode {
  kNormal,      ///< what has not been used for a while
  kAggressive,  ///< everything that nobody uses at this moment
};

constexpr std::string_view to_string(ReleaseMode mode) {
  return mode == ReleaseMode::kAggressive ? "aggressive" : "normal";
}

/// Something that holds memory which can be had again. Functions are thread-safe and do not throw.
struct MemoryHolder {
  std::string name;                      ///< "translations", "models", "database", "heap"
  std::function<std::uint64_t()> bytes;  ///< what it holds now; 0 where that cannot be told

  /// Gives back what nobody uses, and never anything that somebody does. Returns the bytes.
  std::function<std::uint64_t(ReleaseMode mode)> release;

  std::function<std::uint64_t()> created{};  ///< things taken in since the start; none: it does not count
  std::function<std::uint64_t()> freed{};
};

}  // namespace voxlate
