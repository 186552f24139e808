#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "remote/exchange.h"

namespace voxlate::remote {

struct FileRequest {
  std::string url;
  std::filesystem::path target;
  std::optional<std::uint64_t> size_bytes{};  ///< when it is known beforehand: nothing else is taken
  std::string sha256{};                       ///< empty: whatever comes is taken
  std::uint64_t max_bytes = UINT64_MAX;       ///< of a file whose size is not known beforehand
};

struct FetchOptions {
  ExchangeOptions exchange{};           ///< of each request
  std::chrono::milliseconds timeout{};  ///< for all of them together; 0: no such limit
  int max_redirects = 5;
  int attempts = 5;                   ///< a transfer that broke off is resumed so often, as long as each brings bytes
  std::uint64_t keep_free_bytes = 0;  ///< what must stay free on the disk

  /// A body must bring so much over each window; 0: no such limit.
  std::uint64_t min_bytes_per_second = 0;
  std::chrono::milliseconds rate_window{30'000};

  /// Throws where an answer from `from` may not send on to `to`.
  std::function<void(const std::string& from, const std::string& to)> check_redirect{};
};

/// What was fetched and what the server said of it.
struct FetchedFile {
  std::string sha256;
  std::uint64_t size_bytes = 0;
  std::string disposition;  ///< Content-Disposition
  std::string url;          ///< where it came from in the end
};

/// Called with the bytes that are there and those there will be (0: unknown), often, on the fetching thread.
using FetchProgress = std::function<void(std::uint64_t done_bytes, std::uint64_t total_bytes)>;

/// Brings the file to `target`: there afterwards is exactly what was asked for, durable, or nothing new. What was
/// fetched before a failure or a stop stays in `<target>.part` and is not fetched again (Range, If-Range); only a
/// wrong checksum or size deletes it.
/// Throws `kUnavailable` (host and reason), `kNotFound` (404), `kCorrupt` (other size or checksum), `kTooLarge`,
/// `kTimeout`, `kStorageFull`, `kConflict` (another process fetches it), `kCancelled`, and what the rules of the
/// exchange throw.
FetchedFile fetch_file(const FileRequest& request, const FetchOptions& options, const FetchProgress& progress,
                       const std::stop_token& stop);

/// "bytes 100-199/200" or "bytes */200": the total; nothing for "*".
std::optional<std::uint64_t> total_of_range(const std::string& content_range);

/// The failure of a download that is sent on too often.
Error too_many_redirects(const std::string& url, int max_redirects);

}  // namespace voxlate::remote
