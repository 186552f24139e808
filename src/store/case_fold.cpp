#include "store/case_fold.h"

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>

#include "voxlate/error.h"

namespace voxlate::store {
namespace {

void check(UErrorCode status) {
  if (U_FAILURE(status)) throw Error(ErrorCode::kInternal, std::string("ICU cannot fold case: ") + u_errorName(status));
}

const icu::Normalizer2* find_normalizer() {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* found = icu::Normalizer2::getNFKCCasefoldInstance(status);
  check(status);
  return found;
}

}  // namespace

std::string fold_case(std::string_view text) {
  // ICU's own first-use lock is invisible to ThreadSanitizer; that of a static is not.
  static const icu::Normalizer2* const kNormalizer = find_normalizer();
  UErrorCode status = U_ZERO_ERROR;
  std::string folded;
  icu::StringByteSink<std::string> sink(&folded, static_cast<std::int32_t>(text.size()));
  kNormalizer->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink, nullptr,
                             status);
  check(status);
  return folded;
}

}  // namespace voxlate::store
