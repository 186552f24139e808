// Any bytes as a fastText model, and the front of them as a text: read whole and asked, or refused as corrupt or
// unsupported.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "language_id/fasttext_model.h"
#include "voxlate/error.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const voxlate::language_id::FastTextModel model(bytes);
    for (const std::string_view text : {std::string_view("the der xyz"), bytes.substr(0, 200)}) {
      float before = 1;
      for (const auto& [label, share] : model.predict(text, 5)) {
        if (!(share > 0 && share <= before)) std::abort();
        before = share;
      }
    }
  } catch (const voxlate::Error& error) {
    if (error.code() != voxlate::ErrorCode::kCorrupt && error.code() != voxlate::ErrorCode::kUnsupported) std::abort();
  }
  return 0;
}
