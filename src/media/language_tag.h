#pragma once

#include <string>
#include <string_view>

namespace voxlate::media {

/// The BCP 47 tag for a container's language, which may be ISO 639-2 in either form ("ger", "deu"), ISO 639-1
/// or BCP 47 already: "de". Empty for an unknown language ("und") and for what is no language tag.
std::string language_tag(std::string_view text);

}  // namespace voxlate::media
