#include <sys/stat.h>

#include <algorithm>

#include "base/utf8.h"
#include "http/range.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxNameBytes = 255;

// Size and time of change name the content: files of a job are replaced by rename, never written in place.
std::string etag_of(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) throw_errno("cannot look at a file");
  return "\"" + std::to_string(status.st_ino) + "-" + std::to_string(status.st_size) + "-" +
         std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec) + "\"";
}

// `attachment; filename="plain"; filename*=UTF-8''coded` (RFC 6266); the plain name is ASCII.
std::string disposition(std::string_view kind, const std::string& name) {
  std::string plain = safe_file_name(name, kMaxNameBytes);
  std::ranges::replace_if(
      plain, [](char c) { return c < 0x20 || c >= 0x7f || c == '"' || c == '\\' || c == '%'; }, '_');
  return std::string(kind) + "; filename=\"" + plain + "\"; filename*=UTF-8''" +
         encode_percent(safe_file_name(name, kMaxNameBytes));
}

// If-Range names the copy that the part belongs to: another one gets the whole.
bool range_applies(const RequestHead& head, const std::string& etag) {
  return head.has("range") && (!head.has("if-range") || head.value("if-range") == etag);
}

Response send_content(const Request& request, UniqueFd fd, const std::string& content_type) {
  const std::uint64_t size = file_size(fd.get());
  const std::string etag = etag_of(fd.get());
  Response response;
  response.add("ETag", etag);
  response.add("Accept-Ranges", "bytes");
  response.add("Cache-Control", "private, no-cache");
  if (request.head.has("if-none-match") && matches_etag(request.head.value("if-none-match"), etag)) {
    response.status = 304;
    return response;
  }
  response.content_type = content_type;
  const auto range =
      range_applies(request.head, etag) ? parse_range(request.head.value("range"), size) : RangeRequest{};
  const auto shared = std::make_shared<const UniqueFd>(std::move(fd));
  switch (range.kind) {
    case RangeRequest::Kind::kWhole: response.file = {.fd = shared, .offset = 0, .length = size}; break;
    case RangeRequest::Kind::kPart:
      response.status = 206;
      response.add("Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
                                        std::to_string(size));
      response.file = {.fd = shared, .offset = range.begin, .length = range.end - range.begin};
      break;
    case RangeRequest::Kind::kUnsatisfiable: {
      Response refused = problem_response(
          {.code = "range_not_satisfiable", .detail = "The file has " + std::to_string(size) + " bytes."}, request);
      refused.add("Content-Range", "bytes */" + std::to_string(size));
      return refused;
    }
  }
  return response;
}

}  // namespace

Response send_file(Api& api, Request& request) {
  const auto job = find_job(api, request);
  if (!job) return no_such_job(request);
  const std::string& name = request.captures.at("name");
  // Only what the job lists can be had, so that the name of a client never becomes a path.
  const auto file = std::ranges::find(job->files, name, &JobFile::name);
  if (file == job->files.end()) {
    return problem_response({.code = "not_found", .detail = "The job has no such file."}, request);
  }
  Response response = send_content(request, api.services.data.workspace(job->id).open(file->name), file->content_type);
  response.add("Content-Disposition", disposition("attachment", file->name));
  return response;
}

Response send_source(Api& api, Request& request) {
  const auto job = find_job(api, request);
  if (!job) return no_such_job(request);
  const std::string content_type =
      job->media.content_type.empty() ? "application/octet-stream" : job->media.content_type;
  Response response =
      send_content(request, open_for_reading(api.services.data.workspace(job->id).source()), content_type);
  response.add("Content-Disposition", disposition("inline", job->spec.source_name));
  return response;
}

}  // namespace voxlate::http
