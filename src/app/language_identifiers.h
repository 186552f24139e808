#pragma once

#include <memory>

#include "config/config.h"
#include "voxlate/language_identifier.h"

namespace voxlate::app {

/// fastText's model where `lid.176.ftz` lies in a folder for models, else the one that is built in. A file that cannot
/// be used is logged and passed over.
std::unique_ptr<LanguageIdentifier> make_language_identifier(const Config& config);

}  // namespace voxlate::app
