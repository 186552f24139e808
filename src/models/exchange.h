#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <exception>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>

#include "models/download.h"
#include "remote/curl_ptr.h"
#include "voxlate/error.h"

namespace voxlate::models {

/// One request to a server and the body of its answer, through libcurl: the same time-outs, the same encryption, the
/// same stop for everything that is fetched. Not thread-safe; used once.
class Exchange {
 public:
  /// Takes a piece of the body; false ends the transfer. What it throws comes out of `perform`.
  using TakeBytes = std::function<bool(std::string_view)>;

  Exchange(const std::string& url, const DownloadOptions& options, const std::stop_token& stop, TakeBytes take);
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (curl_easy_setopt(easy_.get(), option, value) != CURLE_OK) {
      throw Error(ErrorCode::kInternal, "this libcurl lacks an option that downloads need: " + std::to_string(option));
    }
  }

  void add_header(const std::string& line);

  /// Returns libcurl's word on the transfer. Throws what `take` threw, `kCancelled`.
  CURLcode perform();

  long status() const;
  std::string host() const;
  /// Of the last answer; empty when it has none.
  std::string header(const char* name) const;
  /// What Content-Length says.
  std::optional<std::uint64_t> length() const;

  /// Where an answer sends on to. Throws `kUnavailable` where that may not be followed.
  std::string redirect() const;

  /// `kNotFound` or `kUnavailable`, for a status of 400 and more.
  Error status_error() const;
  /// `kTimeout` or `kUnavailable`, for what `perform` returned.
  Error transport_error(CURLcode code) const;

 private:
  static std::size_t take_bytes(char* bytes, std::size_t, std::size_t count, void* self);
  static int is_to_end(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t);

  const std::string url_;
  const std::chrono::milliseconds stall_timeout_;
  const std::stop_token& stop_;
  const TakeBytes take_;
  remote::ListPtr headers_;
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::chrono::steady_clock::time_point last_sign_ = std::chrono::steady_clock::now();
  bool stalled_ = false;
  std::optional<Error> failure_;
  remote::EasyPtr easy_;
};

}  // namespace voxlate::models
