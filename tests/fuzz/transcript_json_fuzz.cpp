// Whatever parses as a transcript or a window is written and parsed back to the same value; nothing else than
// kCorrupt is thrown.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "subtitles/transcript_json.h"
#include "voxlate/error.h"

namespace {

template <typename Value>
void check(std::string_view json, Value (*parse)(std::string_view), std::string (*write)(const Value&)) {
  Value value;
  try {
    value = parse(json);
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt) std::abort();
    return;
  }
  if (!(parse(write(value)) == value)) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view json(reinterpret_cast<const char*>(data), size);
  check<voxlate::Transcript>(json, voxlate::subtitles::parse_transcript_json,
                             voxlate::subtitles::write_transcript_json);
  check<voxlate::Window>(json, voxlate::subtitles::parse_window_json, voxlate::subtitles::write_window_json);
  return 0;
}
