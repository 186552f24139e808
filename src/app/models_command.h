#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "config/config.h"

namespace voxlate::app {

/// `voxlate models …`: the models folder without a server; one that runs sees the changes. All throw `kCancelled`
/// and, for a name that nobody knows, `kInvalidInput` before anything is done.

struct ListRequest {
  bool as_json = false;         ///< the document of `GET /api/models` instead of a table
  bool with_available = false;  ///< with the published translation packages, whose index is fetched for that
};

/// Reads the checksums that are still pending, and unpacks packages that were placed by hand.
void list_models(const Config& config, const ListRequest& request, std::stop_token stop);

/// Downloads models and translation packages, with a progress line on a terminal; says size and licence of a package
/// before, and asks nothing. Returns whether all are installed now; one that fails does not
/// stop the others.
bool get_models(const Config& config, const std::vector<std::string>& names, std::stop_token stop);

/// Deletes files. Returns whether all were there.
bool remove_models(const Config& config, const std::vector<std::string>& names);

}  // namespace voxlate::app
