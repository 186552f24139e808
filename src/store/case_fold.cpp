#include "store/case_fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include "voxlate/error.h"

namespace voxlate::store {

std::string fold_case(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* folder = icu::Normalizer2::getNFKCCasefoldInstance(status);
  std::string folded;
  if (U_SUCCESS(status)) {
    icu::StringByteSink<std::string> sink(&folded, static_cast<std::int32_t>(text.size()));
    folder->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                          status);
  }
  if (U_FAILURE(status)) throw Error(ErrorCode::kInternal, std::string("ICU cannot fold case: ") + u_errorName(status));
  return folded;
}

}  // namespace voxlate::store
