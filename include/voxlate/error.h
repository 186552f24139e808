#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace voxlate {

/// Why an operation failed. HTTP statuses, exit codes and the retry policy are all derived from it.
enum class ErrorCode {
  kInvalidInput,  ///< the caller asked for something malformed or impossible
  kNotFound,      ///< the named thing does not exist (any more)
  kConflict,      ///< it exists, but its state does not allow this
  kTooLarge,      ///< over a configured limit
  kUnsupported,   ///< well-formed, but not something this installation can do
  kCorrupt,       ///< the data breaks its own format
  kCancelled,     ///< stopped on request
  kUnavailable,   ///< a needed part is not there now; trying again may help
  kOutOfMemory,
  kStorageFull,
  kTimeout,
  kInternal,  ///< our bug, or a failure with no better name
};

/// Stable snake_case name: the `code` of API errors and of stored job errors.
constexpr std::string_view to_string(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidInput: return "invalid_input";
    case ErrorCode::kNotFound: return "not_found";
    case ErrorCode::kConflict: return "conflict";
    case ErrorCode::kTooLarge: return "too_large";
    case ErrorCode::kUnsupported: return "unsupported";
    case ErrorCode::kCorrupt: return "corrupt";
    case ErrorCode::kCancelled: return "cancelled";
    case ErrorCode::kUnavailable: return "unavailable";
    case ErrorCode::kOutOfMemory: return "out_of_memory";
    case ErrorCode::kStorageFull: return "storage_full";
    case ErrorCode::kTimeout: return "timeout";
    case ErrorCode::kInternal: return "internal";
  }
  return "internal";
}

/// The only exception type the project throws. The message says what was expected and what came,
/// for a person; it never holds a path of the server's disk or a secret.
class Error : public std::runtime_error {
 public:
  Error(ErrorCode code, const std::string& message) : std::runtime_error(message), code_(code) {}

  ErrorCode code() const noexcept { return code_; }

 private:
  ErrorCode code_;
};

}  // namespace voxlate
