#include <algorithm>
#include <array>
#include <utility>

#include "http/embedded_files.h"
#include "http/range.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr std::string_view kPagePolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; media-src 'self' blob:; "
    "connect-src 'self'; font-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; "
    "base-uri 'none'; object-src 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; "
    "trusted-types svelte-trusted-html";

constexpr std::array<std::pair<std::string_view, std::string_view>, 12> kContentTypes = {{
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".ico", "image/x-icon"},
    {".webp", "image/webp"},
    {".woff2", "font/woff2"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
    {".txt", "text/plain; charset=utf-8"},
    {".map", "application/json"},
}};

std::string_view content_type_of(std::string_view path) {
  for (const auto& [ending, type] : kContentTypes) {
    if (path.ends_with(ending)) return type;
  }
  return "application/octet-stream";
}

const EmbeddedFile* find_file(std::string_view path) {
  const auto files = embedded_files();
  const auto found = std::ranges::lower_bound(files, path, {}, &EmbeddedFile::path);
  return found != files.end() && found->path == path ? &*found : nullptr;
}

// A path without a file ending is a page of the client, which routes by itself.
bool is_page(std::string_view path) {
  const auto last = path.substr(path.rfind('/') + 1);
  return last.find('.') == std::string_view::npos && !path.starts_with("/assets/");
}

bool accepts_gzip(const RequestHead& head) {
  const std::string_view accepted = head.value("accept-encoding");
  const auto found = accepted.find("gzip");
  return found != std::string_view::npos && !accepted.substr(found).starts_with("gzip;q=0");
}

}  // namespace

Response send_client(Api&, Request& request) {
  if (embedded_files().empty()) {
    const bool page = is_page(request.path);
    return problem_response({.code = page ? "client_not_built" : "not_found",
                             .detail = page ? "This server was built without its browser client; the API is under /api."
                                            : "There is no such file."},
                            request);
  }
  const EmbeddedFile* file = find_file(request.path);
  if (file == nullptr && is_page(request.path)) file = find_file("/index.html");
  if (file == nullptr) return problem_response({.code = "not_found", .detail = "There is no such file."}, request);

  Response response;
  const bool compressed = !file->gzip.empty() && accepts_gzip(request.head);
  const std::string etag = "\"" + std::string(file->sha256.substr(0, 32)) + (compressed ? "-gz\"" : "\"");
  response.add("Content-Security-Policy", std::string(kPagePolicy));
  response.add("Cache-Control",
               file->path.starts_with("/assets/") ? "public, max-age=31536000, immutable" : "no-cache");
  response.add("ETag", etag);
  response.add("Vary", "Accept-Encoding");
  if (request.head.has("if-none-match") && matches_etag(request.head.value("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = content_type_of(file->path);
  if (compressed) response.add("Content-Encoding", "gzip");
  response.body = compressed ? file->gzip : file->content;
  return response;
}

}  // namespace voxlate::http
