#include "http/fingerprint.h"

#include <algorithm>
#include <map>

#include "http/multipart.h"

namespace voxlate::http {

Fingerprint::Fingerprint(std::string_view pattern, const Request& request) {
  add(pattern);
  add(request.path);
  for (const auto& [name, value] : request.query) {
    add(name);
    add(value);
  }
  std::multimap<std::string_view, std::string_view> headers;
  for (const Header& header : request.head.headers) {
    if (header.name.starts_with("upload-")) headers.emplace(header.name, header.value);
  }
  for (const auto& [name, value] : headers) {
    add(name);
    add(value);
  }
  const std::string_view content_type = request.head.value("content-type");
  const auto boundary = multipart_boundary(content_type);
  if (boundary) delimiter_ = "--" + *boundary;
  add(boundary ? content_type.substr(0, content_type.find(';')) : content_type);
}

// With its length, so that no two lists of texts look the same.
void Fingerprint::add(std::string_view text) {
  hash_.update(std::to_string(text.size()) + ":");
  hash_.update(text);
}

void Fingerprint::add_body(std::string_view bytes) {
  if (delimiter_.empty()) {
    hash_.update(bytes);
    return;
  }
  unhashed_ += bytes;
  std::string_view rest = unhashed_;
  for (auto found = rest.find(delimiter_); found != std::string_view::npos; found = rest.find(delimiter_)) {
    hash_.update(rest.substr(0, found));
    hash_.update("--");
    rest.remove_prefix(found + delimiter_.size());
  }
  const std::size_t kept = std::min(rest.size(), delimiter_.size() - 1);
  hash_.update(rest.substr(0, rest.size() - kept));
  unhashed_.erase(0, unhashed_.size() - kept);
}

std::string Fingerprint::finish() {
  hash_.update(unhashed_);
  return hash_.finish();
}

}  // namespace voxlate::http
