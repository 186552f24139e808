#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace voxlate::models {

/// One file whose size is known beforehand, and its every byte where there is a checksum.
struct DownloadRequest {
  std::string url;
  std::filesystem::path target;
  std::uint64_t size_bytes = 0;
  std::string sha256;  ///< empty: whatever comes is taken
};

struct DownloadOptions {
  std::chrono::milliseconds connect_timeout{20'000};  ///< to the end of the TLS handshake
  std::chrono::milliseconds stall_timeout{30'000};    ///< without a byte
  int max_redirects = 5;
  int attempts = 5;  ///< a transfer that broke off is resumed so often, as long as each brings bytes
  std::uint64_t keep_free_bytes = std::uint64_t{256} << 20U;  ///< what must stay free on the disk
};

/// Called with the bytes that are there, often, on the downloading thread.
using DownloadProgress = std::function<void(std::uint64_t done_bytes)>;

/// Brings the file to `target`: there afterwards is exactly what was asked for, durable, or nothing new. What was
/// fetched before a failure or a stop stays in `<target>.part` and is not fetched again (Range, If-Range); only a
/// wrong checksum deletes it. Redirects are followed to https only (and on this machine to http). The proxy
/// settings of the environment hold. Returns the SHA-256 of what came.
/// Throws `kUnavailable` (host and reason), `kNotFound` (404), `kCorrupt` (other size or checksum), `kTimeout`,
/// `kStorageFull`, `kConflict` (another process downloads it), `kInvalidInput` (url), `kCancelled`.
std::string download(const DownloadRequest& request, const DownloadOptions& options, const DownloadProgress& progress,
                     const std::stop_token& stop);

/// How large the file at `url` is, without fetching it; 0 where the server does not tell. Under the same rules.
std::uint64_t look_up_size(const std::string& url, const DownloadOptions& options, const std::stop_token& stop);

/// A small document. Throws as `download` does, and `kTooLarge` above `max_bytes`.
std::string fetch_text(const std::string& url, std::uint64_t max_bytes, const DownloadOptions& options,
                       const std::stop_token& stop);

}  // namespace voxlate::models
