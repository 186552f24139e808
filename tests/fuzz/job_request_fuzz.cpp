#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "http/chunked_decoder.h"
#include "http/job_document.h"
#include "http/job_request.h"
#include "http/message.h"
#include "http/multipart.h"
#include "http/range.h"
#include "http/request_head.h"
#include "voxlate/error.h"

namespace {

using namespace voxlate::http;

// What a form came to: the same for any way of cutting its bytes.
std::string read_form(std::string_view bytes, std::size_t step) {
  std::string seen;
  FormFields fields;
  std::string file_name;
  MultipartParser parser("b", {.part_begins =
                                   [&](const PartHead& head) {
                                     seen += "[" + head.name + "|" + head.file_name.value_or("-") + "]";
                                     if (head.file_name) file_name = *head.file_name;
                                     fields.emplace_back(head.name, "");
                                     return true;
                                   },
                               .part_data =
                                   [&](std::string_view data) {
                                     seen += data;
                                     fields.back().second += data;
                                     return true;
                                   },
                               .part_ends =
                                   [&] {
                                     seen += "]";
                                     return true;
                                   }});
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (parser.feed(bytes.substr(at, step)) == MultipartParser::Result::kMalformed) return "malformed";
  }
  const auto request = parse_job_request(fields, file_name);
  if (const auto* problem = std::get_if<Problem>(&request))
    seen += problem->json("rid");
  else
    seen += canonical_form(std::get<voxlate::JobSpec>(request));
  return seen;
}

std::string read_chunks(std::string_view bytes, std::size_t step) {
  ChunkedDecoder decoder;
  std::string body;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    std::string_view input = bytes.substr(at, step);
    std::string_view data;
    while (true) {
      const auto result = decoder.next(input, data);
      if (result == ChunkedDecoder::Result::kNeedMore) break;
      if (result == ChunkedDecoder::Result::kMalformed) return "malformed";
      if (result == ChunkedDecoder::Result::kEnd) return body + "end";
      body += data;
    }
  }
  return body;
}

void check_head(std::string_view bytes) {
  const auto end = find_head_end(bytes);
  const auto* size = std::get_if<std::size_t>(&end);
  if (size == nullptr) return;
  const auto head = parse_request_head(bytes.substr(0, *size));
  if (const auto* problem = std::get_if<Problem>(&head)) {
    if (problem->status() < 400) std::abort();
    return;
  }
  const auto& parsed = std::get<RequestHead>(head);
  if (parsed.chunked && parsed.content_length) std::abort();
  if (!parsed.target.starts_with('/')) std::abort();
  for (const Header& header : parsed.headers) {
    if (header.value.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) std::abort();
  }
}

/// The options of a document are those of a form.
void check_document(std::string_view bytes) {
  const auto document = parse_job_document(bytes);
  if (const auto* job = std::get_if<JobDocument>(&document)) static_cast<void>(parse_job_request(job->fields, "a.mp4"));
}

void check_range(std::string_view bytes) {
  constexpr std::uint64_t kSize = 1000;
  const RangeRequest range = parse_range(bytes, kSize);
  if (range.kind == RangeRequest::Kind::kPart && (range.begin >= range.end || range.end > kSize)) std::abort();
}

}  // namespace

// Everything of a request that is parsed before it means anything: the head, the chunks, the form, its fields.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_head(bytes);
  check_range(bytes);
  check_document(bytes);
  static_cast<void>(parse_query(bytes));
  static_cast<void>(parse_idempotency_key(bytes));
  static_cast<void>(multipart_boundary(bytes));
  const std::size_t step = size > 0 ? data[0] % 16 + 1 : 1;
  if (read_form(bytes, step) != read_form(bytes, size + 1)) std::abort();
  if (read_chunks(bytes, step) != read_chunks(bytes, size + 1)) std::abort();
  return 0;
}
