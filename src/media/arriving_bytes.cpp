#include "media/arriving_bytes.h"

#include <limits>
#include <utility>

#include "voxlate/error.h"

namespace voxlate::media {
namespace {

constexpr std::chrono::milliseconds kLookForStop{200};
constexpr std::uint64_t kEnoughBytes = 4 << 20;
constexpr Arrival kAllThere{.bytes = std::numeric_limits<std::int64_t>::max(), .expected_bytes = 0, .whole = true};

}  // namespace

ArrivingBytes::ArrivingBytes(WaitForBytes wait_for_bytes, std::chrono::milliseconds timeout)
    : wait_for_bytes_(std::move(wait_for_bytes)),
      timeout_(timeout),
      arrival_(wait_for_bytes_ ? wait_for_bytes_(/*beyond=*/0, std::chrono::milliseconds(0)) : kAllThere) {}

bool ArrivingBytes::await(std::uint64_t beyond, const std::function<bool()>& is_stopped) {
  while (!arrival_.whole && arrival_.bytes <= beyond) {
    if (is_stopped()) return false;
    const auto begin = std::chrono::steady_clock::now();
    arrival_ = wait_for_bytes_(beyond, kLookForStop);
    waited_ += std::chrono::steady_clock::now() - begin;
    if (arrival_.bytes >= counted_bytes_ + kEnoughBytes) {
      counted_bytes_ = arrival_.bytes;
      waited_ = {};
    } else if (!arrival_.whole && waited_ >= timeout_) {
      throw Error(ErrorCode::kUnavailable, "the upload of the media is too slow to work on it meanwhile");
    }
  }
  return true;
}

}  // namespace voxlate::media
