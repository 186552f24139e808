#pragma once

#include <span>
#include <string_view>

namespace voxlate::http {

/// One file of the browser client, part of the binary.
struct EmbeddedFile {
  std::string_view path;  ///< "/assets/index-5d41402a.js"
  std::string_view content;
  std::string_view gzip;    ///< the same compressed; empty when that saves nothing
  std::string_view sha256;  ///< of `content`
};

/// Ordered by path; empty in a build without the client. The sources are made by scripts/cmake/voxlate_embed_web.cmake.
std::span<const EmbeddedFile> embedded_files();

/// web/openapi.yaml as it was at build time.
std::string_view openapi_document();

}  // namespace voxlate::http
