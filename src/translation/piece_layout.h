#pragma once

#include <string_view>

#include "translation/protected_text.h"

namespace voxlate::translation {

/// `translation` of `source.text` with the pieces in it, without what stands before and after the sentence. See
/// `restore_and_check`.
Restored put_back(const ProtectedText& source, std::string_view translation);

}  // namespace voxlate::translation
