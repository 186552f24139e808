#pragma once

#include <string>
#include <string_view>

namespace voxlate::store {

/// The form of `text` in which two texts are equal when a person would say that they differ only in case or in how
/// their characters are composed (Unicode NFKC_Casefold). Malformed UTF-8 is kept as it is.
std::string fold_case(std::string_view text);

}  // namespace voxlate::store
