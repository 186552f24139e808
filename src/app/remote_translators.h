#pragma once

#include <memory>

#include "config/config.h"
#include "translation/chat_engine.h"
#include "translation/libretranslate_engine.h"

namespace voxlate::app {

/// The servers that translate, as configured; null where none is. They are asked nothing yet. Throw `kInvalidInput`,
/// naming the setting, for a key file that cannot be used and for a missing model.
std::unique_ptr<translation::LibreTranslateEngine> make_libretranslate(const Config& config);
std::unique_ptr<translation::ChatEngine> make_chat(const Config& config);

/// One line for each that is configured: whether it can be reached, or why not. False when one cannot.
bool report_remote_translators(const Config& config);

}  // namespace voxlate::app
