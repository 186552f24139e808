#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/hashing.h"
#include "base/ids.h"
#include "http/request_head.h"
#include "http/tus_headers.h"

namespace {

using namespace voxlate::http;
using voxlate::Upload;

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 30U;
constexpr std::size_t kMaxMetadataBytes = 4096;
constexpr std::size_t kMaxParts = 64;

void require(bool fact) {
  if (!fact) std::abort();
}

void require_refusal(const Problem& problem) { require(problem.status() >= 400 && problem.status() < 500); }

void check_size(std::string_view text) {
  const auto size = parse_size(text);
  if (!size) return;
  require(*size <= std::uint64_t{INT64_MAX});
  text.remove_prefix(std::min(text.find_first_not_of('0'), text.size() - 1));
  require(std::to_string(*size) == text);
}

/// What is decoded is the only thing that is encoded so.
void check_base64(std::string_view text) {
  const auto bytes = decode_base64(text);
  if (bytes) require(voxlate::base64(*bytes) == text);
}

std::string encode(const UploadMetadata& metadata) {
  std::string header;
  for (const auto& [key, value] : metadata) {
    header += (header.empty() ? "" : ",") + key + (value.empty() ? "" : " " + voxlate::base64(value));
  }
  return header;
}

void check_metadata(std::string_view header) {
  const auto parsed = parse_upload_metadata(header);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return require_refusal(*problem);
  const auto& metadata = std::get<UploadMetadata>(parsed);
  require(header.size() <= kMaxMetadataBytes);
  for (auto pair = metadata.begin(); pair != metadata.end(); ++pair) {
    require(!pair->first.empty() && pair->first.find_first_of(", \r\n\t") == std::string::npos);
    require(metadata_value(metadata, pair->first) == pair->second);
    require(std::none_of(metadata.begin(), pair, [&](const auto& other) { return other.first == pair->first; }));
  }
  const auto again = parse_upload_metadata(encode(metadata));
  require(std::holds_alternative<UploadMetadata>(again) && std::get<UploadMetadata>(again) == metadata);
}

void check_checksum(std::string_view header) {
  const auto parsed = parse_upload_checksum(header);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return require_refusal(*problem);
  const auto& checksum = std::get<UploadChecksum>(parsed);
  require(checksum.digest.size() == voxlate::Checksum(checksum.kind).finish().size());
  require(header.substr(header.find(' ') + 1) == voxlate::base64(checksum.digest));
}

void check_concat(std::string_view header) {
  const auto parsed = parse_upload_concat(header);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return require_refusal(*problem);
  const auto& concat = std::get<UploadConcat>(parsed);
  require((concat.kind == Upload::Kind::kFinal) == !concat.parts.empty());
  require(concat.kind != Upload::Kind::kWhole && concat.parts.size() <= kMaxParts);
  require(std::all_of(concat.parts.begin(), concat.parts.end(), [](const auto& id) { return voxlate::is_id(id); }));
  Upload upload;
  upload.kind = concat.kind;
  upload.parts = concat.parts;
  const auto again = parse_upload_concat(upload_concat(upload));
  require(std::holds_alternative<UploadConcat>(again) && std::get<UploadConcat>(again).parts == concat.parts);
}

/// The bytes as header lines of a creation.
void check_creation(std::string_view lines) {
  const auto head = parse_request_head("POST /api/uploads HTTP/1.1\r\nHost: a\r\n" + std::string(lines) + "\r\n\r\n");
  const auto* parsed = std::get_if<RequestHead>(&head);
  if (parsed == nullptr) return;
  static_cast<void>(check_tus_version(*parsed));
  const std::string_view method = effective_method(*parsed, "/api/uploads");
  require(method == "POST" || method == "PATCH" || method == "DELETE" || method == "HEAD");
  const auto wanted = parse_new_upload(*parsed, kMaxBytes);
  if (const auto* problem = std::get_if<Problem>(&wanted)) return require_refusal(*problem);
  const auto& upload = std::get<NewUpload>(wanted);
  require(upload.length_bytes.value_or(0) <= kMaxBytes);
  require(upload.concat.kind != Upload::Kind::kFinal || !upload.length_bytes);
  require(std::holds_alternative<UploadMetadata>(parse_upload_metadata(upload.metadata)));
}

}  // namespace

// The headers of the tus protocol, each by itself and all in a request.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_size(bytes);
  check_base64(bytes);
  check_metadata(bytes);
  check_checksum(bytes);
  check_concat(bytes);
  check_creation(bytes);
  return 0;
}
