#pragma once

#include <string>

namespace voxlate::models {

/// Refuses everything but https, and http to this machine itself (a mirror on it): `kInvalidInput`, with the host.
void require_download_url(const std::string& url);

/// Whether an answer from `from` may send a download to `to`: never from https to http, and never to what
/// `require_download_url` refuses.
bool may_redirect(const std::string& from, const std::string& to);

}  // namespace voxlate::models
