#include "http/tus_headers.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/ids.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxMetadataBytes = 4096;
constexpr std::size_t kMaxParts = 64;
constexpr std::uint64_t kMaxSize = std::numeric_limits<std::int64_t>::max();

struct NamedAlgorithm {
  std::string_view name;
  ChecksumKind kind;
  std::size_t digest_bytes;
};
constexpr std::array kAlgorithms = {NamedAlgorithm{"sha1", ChecksumKind::kSha1, 20},
                                    NamedAlgorithm{"sha256", ChecksumKind::kSha256, 32},
                                    NamedAlgorithm{"crc32", ChecksumKind::kCrc32, 4}};

Problem malformed(std::string detail) { return {.code = "malformed_request", .detail = std::move(detail)}; }

Problem too_large(std::uint64_t max_bytes) {
  return {.code = "too_large", .detail = "A file may have at most " + std::to_string(max_bytes) + " bytes."};
}

int base64_value(char c) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const auto found = kAlphabet.find(c);
  return found == std::string_view::npos ? -1 : static_cast<int>(found);
}

bool is_key(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f && c != ','; });
}

// The id at the end of "/api/uploads/ID" or "https://host/api/uploads/ID".
std::optional<std::string> id_of_url(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme != std::string_view::npos) {
    const auto path = url.find('/', scheme + 3);
    if (path == std::string_view::npos) return std::nullopt;
    url.remove_prefix(path);
  }
  if (!url.starts_with(kUploadsPath)) return std::nullopt;
  url.remove_prefix(kUploadsPath.size());
  if (!url.starts_with('/') || !is_id(url.substr(1))) return std::nullopt;
  return std::string(url.substr(1));
}

std::variant<std::optional<std::uint64_t>, Problem> parse_length(const RequestHead& head, std::uint64_t max_bytes) {
  if (head.has("upload-defer-length")) {
    if (head.has("upload-length")) return malformed("Send either Upload-Length or Upload-Defer-Length.");
    if (head.value("upload-defer-length") != "1") return malformed("Upload-Defer-Length must be 1.");
    return std::optional<std::uint64_t>();
  }
  const auto length = parse_size(head.value("upload-length"));
  if (!length) return malformed("Upload-Length must be a decimal number; or send Upload-Defer-Length: 1.");
  if (*length > max_bytes) return too_large(max_bytes);
  return length;
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  constexpr std::size_t kMaxDigits = 19;
  if (text.empty() || text.size() > kMaxDigits) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value <= kMaxSize ? std::optional(value) : std::nullopt;
}

std::optional<std::string> decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  const std::string_view digits = text.substr(0, text.size() - padding);
  std::string bytes;
  unsigned bits = 0;
  unsigned count = 0;
  for (const char c : digits) {
    const int value = base64_value(c);
    if (value < 0) return std::nullopt;
    bits = (bits << 6U) | static_cast<unsigned>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes += static_cast<char>((bits >> count) & 0xffU);
  }
  const bool rest_is_zero = (bits & ((1U << count) - 1)) == 0;
  return rest_is_zero ? std::optional(bytes) : std::nullopt;
}

std::variant<UploadMetadata, Problem> parse_upload_metadata(std::string_view header) {
  if (header.size() > kMaxMetadataBytes) {
    return Problem{.code = "head_too_large",
                   .detail = "Upload-Metadata may have at most " + std::to_string(kMaxMetadataBytes) + " bytes."};
  }
  UploadMetadata metadata;
  while (!header.empty()) {
    const auto comma = header.find(',');
    const std::string_view pair = header.substr(0, comma);
    if (comma == header.size() - 1) return malformed("Upload-Metadata ends with a comma.");
    header.remove_prefix(comma == std::string_view::npos ? header.size() : comma + 1);
    const auto space = pair.find(' ');
    const std::string_view key = pair.substr(0, space);
    if (!is_key(key)) return malformed("A key of Upload-Metadata is empty, or has characters that it may not have.");
    if (std::ranges::find(metadata, key, &UploadMetadata::value_type::first) != metadata.end()) {
      return malformed("A key of Upload-Metadata is there twice.");
    }
    auto value = decode_base64(space == std::string_view::npos ? std::string_view() : pair.substr(space + 1));
    if (!value) return malformed("A value of Upload-Metadata is not base64.");
    metadata.emplace_back(key, std::move(*value));
  }
  return metadata;
}

std::string metadata_value(const UploadMetadata& metadata, std::string_view key) {
  const auto found = std::ranges::find(metadata, key, &UploadMetadata::value_type::first);
  return found != metadata.end() ? found->second : std::string();
}

std::variant<UploadChecksum, Problem> parse_upload_checksum(std::string_view header) {
  const auto space = header.find(' ');
  if (space == std::string_view::npos) return malformed("Upload-Checksum must be an algorithm and a base64 digest.");
  const auto* found = std::ranges::find(kAlgorithms, header.substr(0, space), &NamedAlgorithm::name);
  if (found == kAlgorithms.end()) {
    return malformed("Upload-Checksum must use one of " + std::string(kTusChecksums) + ".");
  }
  auto digest = decode_base64(header.substr(space + 1));
  if (!digest || digest->size() != found->digest_bytes) {
    return malformed("Upload-Checksum must have a base64 digest of " + std::to_string(found->digest_bytes) + " bytes.");
  }
  return UploadChecksum{.kind = found->kind, .digest = std::move(*digest)};
}

std::variant<UploadConcat, Problem> parse_upload_concat(std::string_view header) {
  constexpr std::string_view kFinal = "final;";
  if (header == "partial") return UploadConcat{.kind = Upload::Kind::kPart, .parts = {}};
  if (!header.starts_with(kFinal)) return malformed("Upload-Concat must be \"partial\" or \"final;\" and addresses.");
  header.remove_prefix(kFinal.size());
  UploadConcat concat{.kind = Upload::Kind::kFinal, .parts = {}};
  while (true) {
    const auto first = header.find_first_not_of(' ');
    if (first == std::string_view::npos) break;
    header.remove_prefix(first);
    const auto end = header.find(' ');
    auto id = id_of_url(header.substr(0, end));
    if (!id) return malformed("An address in Upload-Concat is not one of an upload on this server.");
    if (std::ranges::find(concat.parts, *id) != concat.parts.end()) {
      return malformed("Upload-Concat names a part twice.");
    }
    if (concat.parts.size() == kMaxParts) {
      return malformed("Upload-Concat names more than " + std::to_string(kMaxParts) + " parts.");
    }
    concat.parts.push_back(std::move(*id));
    header.remove_prefix(end == std::string_view::npos ? header.size() : end);
  }
  if (concat.parts.empty()) return malformed("Upload-Concat names no part.");
  return concat;
}

std::string upload_concat(const Upload& upload) {
  if (upload.kind == Upload::Kind::kPart) return "partial";
  std::string text;
  for (const std::string& part : upload.parts) {
    text += (text.empty() ? "final;" : " ") + std::string(kUploadsPath) + "/" + part;
  }
  return text;
}

std::variant<NewUpload, Problem> parse_new_upload(const RequestHead& head, std::uint64_t max_bytes) {
  NewUpload upload;
  auto metadata = parse_upload_metadata(head.value("upload-metadata"));
  if (const auto* problem = std::get_if<Problem>(&metadata)) return *problem;
  upload.metadata = head.value("upload-metadata");
  if (head.has("upload-concat")) {
    auto concat = parse_upload_concat(head.value("upload-concat"));
    if (const auto* problem = std::get_if<Problem>(&concat)) return *problem;
    upload.concat = std::get<UploadConcat>(std::move(concat));
  }
  if (upload.concat.kind == Upload::Kind::kFinal) {
    if (head.has("upload-length") || head.has("upload-defer-length")) {
      return malformed("A final upload has the length of its parts; send no Upload-Length.");
    }
    if (head.chunked || head.content_length.value_or(0) > 0) return malformed("A final upload takes no body.");
    return upload;
  }
  const auto length = parse_length(head, max_bytes);
  if (const auto* problem = std::get_if<Problem>(&length)) return *problem;
  upload.length_bytes = std::get<std::optional<std::uint64_t>>(length);
  return upload;
}

std::optional<Problem> check_tus_version(const RequestHead& head) {
  if (head.value("tus-resumable") == kTusVersion) return std::nullopt;
  return Problem{.code = "unsupported_tus_version", .detail = "Expected the header Tus-Resumable: 1.0.0."};
}

bool is_upload_path(std::string_view path) {
  return path.starts_with(kUploadsPath) && (path.size() == kUploadsPath.size() || path[kUploadsPath.size()] == '/');
}

std::string_view effective_method(const RequestHead& head, std::string_view path) {
  if (head.method != "POST" || !is_upload_path(path)) return head.method;
  for (const std::string_view meant : {"PATCH", "DELETE", "HEAD"}) {
    if (head.value("x-http-method-override") == meant) return meant;
  }
  return head.method;
}

}  // namespace voxlate::http
