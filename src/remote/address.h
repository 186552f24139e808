#pragma once

#include <string>

namespace voxlate::remote {

/// A URL as libcurl itself takes it apart, so that what is checked is what is asked.
class Address {
 public:
  /// What is no URL has neither scheme nor host.
  explicit Address(const std::string& url);

  bool is_https() const { return scheme_ == "https"; }
  bool is_http() const { return scheme_ == "http"; }

  /// localhost, 127.0.0.0/8 or [::1].
  bool is_this_machine() const;

  /// "huggingface.co"; of IPv6 without brackets.
  std::string name() const { return host_.starts_with('[') ? host_.substr(1, host_.size() - 2) : host_; }

  /// The scheme's own when none is given.
  std::string port() const { return !port_.empty() ? port_ : is_https() ? "443" : "80"; }

  /// "huggingface.co"; with the port when it is given, never with a password.
  std::string host() const { return host_ + (port_.empty() ? "" : ":" + port_); }

 private:
  std::string scheme_;
  std::string host_;
  std::string port_;
};

}  // namespace voxlate::remote
