#pragma once

#include <memory>

#include "http/connection.h"
#include "http/message.h"

namespace voxlate::http {

/// Writes answers through cpp-httplib, the only place that knows the library. It never sees a byte of a
/// client's request: heads are parsed and bodies framed by Connection. One per connection; used by its thread.
class ResponseWriter {
 public:
  explicit ResponseWriter(Connection& connection);
  ~ResponseWriter();
  ResponseWriter(const ResponseWriter&) = delete;
  ResponseWriter& operator=(const ResponseWriter&) = delete;

  /// Writes `response` to a request of `method`, `HTTP/1.<minor_version>`; `close` says so to the client.
  /// False when it could not be written whole: the connection must be closed.
  bool write(const std::string& method, int minor_version, Response response, bool close);

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace voxlate::http
