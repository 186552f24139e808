#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"

namespace voxlate::app {

/// `voxlate models …`: the models folder without a server; one that runs sees the changes. All throw `kCancelled`
/// and, for a name that nobody knows, `kInvalidInput` before anything is done.

/// A table, or the document of `GET /api/models`. Reads the checksums that are still pending.
void list_models(const Config& config, bool as_json, std::stop_token stop);

/// Downloads, with a progress line on a terminal. Returns whether all are installed now; one that fails does not
/// stop the others.
bool get_models(const Config& config, const std::vector<std::string>& names, std::stop_token stop);

/// Deletes files. Returns whether all were there.
bool remove_models(const Config& config, const std::vector<std::string>& names);

}  // namespace voxlate::app
