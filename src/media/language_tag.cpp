#include "media/language_tag.h"

#include <unicode/locid.h>

namespace voxlate::media {

std::string language_tag(std::string_view text) {
  constexpr std::size_t kMaxTagBytes = 35;  // RFC 5646, section 4.4.1
  if (text.empty() || text.size() > kMaxTagBytes) return {};
  UErrorCode status = U_ZERO_ERROR;
  icu::Locale locale =
      icu::Locale::forLanguageTag(icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), status);
  if (U_FAILURE(status) || locale.isBogus()) return {};
  locale.canonicalize(status);
  auto tag = locale.toLanguageTag<std::string>(status);
  if (U_FAILURE(status) || tag == "und") return {};
  return tag;
}

}  // namespace voxlate::media
