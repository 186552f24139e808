#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/checksum.h"
#include "http/problem.h"
#include "http/request_head.h"
#include "voxlate/upload_store.h"

namespace voxlate::http {

// Headers of the tus protocol 1.0.0 (tus.io/protocols/resumable-upload).

inline constexpr std::string_view kTusVersion = "1.0.0";
inline constexpr std::string_view kTusExtensions =
    "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation";
inline constexpr std::string_view kTusChecksums = "sha1,sha256,crc32";
inline constexpr std::string_view kUploadsPath = "/api/uploads";
inline constexpr std::string_view kUploadContentType = "application/offset+octet-stream";

/// A decimal number below 2^63, digits only.
std::optional<std::uint64_t> parse_size(std::string_view text);

/// Base64 with padding (RFC 4648, 4); nothing for anything else.
std::optional<std::string> decode_base64(std::string_view text);

/// Upload-Metadata = pair *( "," pair ); pair = key [ " " base64 ]. Keys are unique, visible ASCII.
using UploadMetadata = std::vector<std::pair<std::string, std::string>>;
std::variant<UploadMetadata, Problem> parse_upload_metadata(std::string_view header);

/// The value under `key`; empty when there is none.
std::string metadata_value(const UploadMetadata& metadata, std::string_view key);

/// Upload-Checksum = algorithm " " base64.
struct UploadChecksum {
  ChecksumKind kind = ChecksumKind::kSha1;
  std::string digest;  ///< bytes
};
std::variant<UploadChecksum, Problem> parse_upload_checksum(std::string_view header);

/// Upload-Concat = "partial" / ( "final;" url *( SP url ) ); a URL is absolute, or a path on this server.
struct UploadConcat {
  Upload::Kind kind = Upload::Kind::kWhole;
  std::vector<std::string> parts;  ///< ids
};
std::variant<UploadConcat, Problem> parse_upload_concat(std::string_view header);
std::string upload_concat(const Upload& upload);

/// What a new upload is to be.
struct NewUpload {
  std::optional<std::uint64_t> length_bytes;  ///< none: to be said later
  UploadConcat concat;
  std::string metadata;  ///< as sent
};
std::variant<NewUpload, Problem> parse_new_upload(const RequestHead& head, std::uint64_t max_bytes);

/// Refuses any other version than the one spoken here.
std::optional<Problem> check_tus_version(const RequestHead& head);

/// The method meant: a POST may carry another one in X-HTTP-Method-Override.
std::string_view effective_method(const RequestHead& head, std::string_view path);

/// Whether a path belongs to uploads, whose answers all carry the protocol's version.
bool is_upload_path(std::string_view path);

}  // namespace voxlate::http
