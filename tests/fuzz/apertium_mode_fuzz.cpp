#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "translation/apertium_modes.h"
#include "translation/apertium_text.h"
#include "voxlate/error.h"

// Any bytes as a mode file: read, or refused with kCorrupt. And as text on its way through the stream format:
// what comes back goes through unchanged.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    for (const voxlate::Command& command : voxlate::translation::parse_mode(bytes)) {
      if (command.program.empty()) std::abort();
    }
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt) std::abort();
  }
  using voxlate::translation::from_apertium_stream;
  using voxlate::translation::to_apertium_stream;
  const std::string once = from_apertium_stream(to_apertium_stream(bytes));
  if (from_apertium_stream(to_apertium_stream(once)) != once) std::abort();
  return 0;
}
