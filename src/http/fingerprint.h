#pragma once

#include <string>
#include <string_view>

#include "base/hashing.h"
#include "http/message.h"

namespace voxlate::http {

/// What a request asks for as one SHA-256: its path, its query, the headers that change what a creating route makes
/// (Content-Type, those of tus), and its body. The boundary of a form counts for nothing, since clients draw a new one
/// for each attempt. Not thread-safe.
class Fingerprint {
 public:
  Fingerprint(std::string_view pattern, const Request& request);

  /// The next bytes of the body, in pieces of any size.
  void add_body(std::string_view bytes);

  /// 64 hexadecimal digits. Called once.
  std::string finish();

 private:
  void add(std::string_view text);

  Sha256 hash_;
  std::string delimiter_;  ///< of a form; else empty
  std::string unhashed_;   ///< of the body, where a delimiter may have begun
};

}  // namespace voxlate::http
