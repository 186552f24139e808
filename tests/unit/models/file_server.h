#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/scripted_server.h"

namespace voxlate::models {

struct FileRequest {
  std::string method;
  std::string target;
  std::string range;
  std::string if_range;
};

/// A server whose answers depend on the path and the range asked for.
class FileServer {
 public:
  using Handler = std::function<void(const FileRequest& request, const Connection& connection)>;

  explicit FileServer(Handler handler)
      : server_([handler = std::move(handler)](const ScriptedRequest& request, const Connection& connection) {
          handler(parse(request), connection);
        }) {}

  std::string url(const std::string& path = "") const { return server_.url(path); }

  std::vector<FileRequest> requests() const {
    std::vector<FileRequest> parsed;
    for (const ScriptedRequest& request : server_.requests()) parsed.push_back(parse(request));
    return parsed;
  }

 private:
  static FileRequest parse(const ScriptedRequest& request) {
    return {.method = request.method,
            .target = request.target,
            .range = request.field("Range"),
            .if_range = request.field("If-Range")};
  }

  const ScriptedServer server_;
};

/// What an honest file server with ranges does; sends at most `cut_after` bytes of the body.
inline void send_file(const FileRequest& request, const Connection& connection, std::string_view content,
                      const std::string& etag, std::size_t cut_after = std::string::npos) {
  const std::string tag = etag.empty() ? "" : "ETag: " + etag + "\r\n";
  if (request.range.empty() || (!request.if_range.empty() && request.if_range != etag)) {
    connection.send(answer_head("200 OK", content.size(), tag));
    connection.send(content.substr(0, cut_after));
    return;
  }
  std::size_t begin = 0;
  const std::string_view digits = std::string_view(request.range).substr(std::string_view("bytes=").size());
  std::from_chars(digits.data(), digits.data() + digits.size(), begin);
  const std::string span = "Content-Range: bytes " + std::to_string(begin) + "-" + std::to_string(content.size() - 1) +
                           "/" + std::to_string(content.size()) + "\r\n";
  connection.send(answer_head("206 Partial Content", content.size() - begin, tag + span));
  connection.send(content.substr(begin).substr(0, cut_after));
}

}  // namespace voxlate::models
