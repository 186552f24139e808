// Any bytes as a media file: probing and decoding 10 s of it must end in a value or an Error.

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "media/audio_reader.h"
#include "media/probe.h"
#include "voxlate/error.h"

namespace {

constexpr std::size_t kSampleCount = 10u * voxlate::kSampleRate;

/// The path under which an open file can be opened again.
std::string path_of(const voxlate::UniqueFd& file) { return "/proc/self/fd/" + std::to_string(file.get()); }

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const voxlate::UniqueFd file(::memfd_create("media", MFD_CLOEXEC));
  voxlate::write_all(file.get(), std::string_view(reinterpret_cast<const char*>(data), size));
  const voxlate::media::Limits limits{.open_timeout = std::chrono::seconds(10),
                                      .stall_timeout = std::chrono::seconds(10)};
  try {
    voxlate::media::probe(path_of(file), limits, {});
    voxlate::media::AudioReader reader(path_of(file), std::nullopt, limits, {});
    std::vector<float> block(kSampleCount);
    reader.read(block);
  } catch (const voxlate::Error&) {
    return 0;
  }
  return 0;
}
