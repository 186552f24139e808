#include <unistd.h>

#include <array>

#include "base/ids.h"
#include "base/log.h"
#include "http/http_date.h"
#include "http/owner_limits.h"
#include "http/routes.h"
#include "http/tus_headers.h"
#include "http/upload_join.h"
#include "http/upload_space.h"
#include "http/upload_writer.h"

// Resumable uploads by the tus protocol 1.0.0 (tus.io/protocols/resumable-upload), with the extensions of
// kTusExtensions. `answer` adds Tus-Resumable to every answer here; see Note [Acknowledged bytes] for what an
// Upload-Offset promises.

namespace voxlate::http {
namespace {

constexpr std::size_t kReadBytes = 128 * 1024;
constexpr std::chrono::milliseconds kTakeArrived{300};

Problem malformed(std::string detail) { return {.code = "malformed_request", .detail = std::move(detail)}; }

Problem taken_over() {
  return {.code = "upload_taken_over",
          .detail = "A newer request works on this upload; ask for its offset.",
          .retry_after_s = 1};
}

Response empty(int status) {
  Response response;
  response.status = status;
  return response;
}

void add_expiry(Response& response, TimePoint time) {
  response.add("Upload-Expires", http_date(std::chrono::system_clock::to_time_t(time)));
}

/// The upload that the path names.
std::optional<Upload> find_upload(const Api& api, const Request& request) {
  return find_upload(api, request, request.captures.at("id"));
}

Response no_such_upload(const Request& request) {
  return problem_response({.code = "not_found", .detail = "There is no such upload."}, request);
}

/// Refuses what has expired but was not swept yet.
std::optional<Problem> check_expiry(const Api& api, const Upload& upload) {
  if (upload.expires_at >= api.services.clock.now()) return std::nullopt;
  return Problem{.code = "upload_expired", .detail = "The upload got no bytes for too long; start it again."};
}

Response with_offset(Response response, std::uint64_t offset) {
  response.add("Upload-Offset", std::to_string(offset));
  return response;
}

enum class BodyEnd { kWhole, kBroken, kTakenOver, kDraining, kTooLong };

/// Writes the body until it ends, a newer request comes, or the server shuts down. For a newer request what has arrived
/// already is still taken, so that it need not be sent again.
BodyEnd receive_body(Api& api, Request& request, const UploadTurns::Turn& turn, UploadWriter& writer) {
  const std::stop_token draining = api.draining.get_token();
  const std::stop_callback on_drain(draining, [&] { request.body.cut(); });
  std::vector<char> buffer(kReadBytes);
  std::optional<std::chrono::steady_clock::time_point> last_read;
  while (!draining.stop_requested()) {
    if (turn.is_over() && !last_read) last_read = std::chrono::steady_clock::now() + kTakeArrived;
    if (last_read && std::chrono::steady_clock::now() > *last_read) break;
    const std::size_t size = request.body.read(buffer);
    if (size == 0 && !request.body.failure()) return BodyEnd::kWhole;
    if (size == 0) break;
    const std::uint64_t before = writer.acknowledged_bytes();
    if (!writer.write({buffer.data(), size}, api.services.clock.now())) return BodyEnd::kTooLong;
    if (writer.acknowledged_bytes() != before) api.services.upload_changed();
  }
  if (turn.is_over()) return BodyEnd::kTakenOver;
  if (draining.stop_requested()) return BodyEnd::kDraining;
  return BodyEnd::kBroken;
}

std::optional<Problem> problem_of_end(const Request& request, BodyEnd end) {
  switch (end) {
    case BodyEnd::kWhole: return std::nullopt;
    case BodyEnd::kBroken: return *request.body.failure();
    case BodyEnd::kTakenOver: return taken_over();
    case BodyEnd::kDraining:
      return Problem{.code = "shutting_down", .detail = "The server is shutting down.", .retry_after_s = 10};
    case BodyEnd::kTooLong: return Problem{.code = "too_large", .detail = "The body is longer than the upload."};
  }
  return std::nullopt;
}

/// What a body did to an upload.
struct Received {
  std::uint64_t offset = 0;
  std::optional<Problem> problem;
};

Received receive_bytes(Api& api, Request& request, const Upload& upload, const UploadTurns::Turn& turn,
                       std::optional<UploadChecksum> checksum) {
  const UploadPlace place(api, request);
  if (auto problem = place.refused()) return {.offset = upload.offset_bytes, .problem = std::move(problem)};
  UploadWriter writer(api.services.data.upload(upload.id), upload, std::move(checksum), api.services.uploads,
                      api.services.durability,
                      {.expiry = api.options.upload_expiry, .max_bytes = api.options.max_upload_bytes});
  StageTimer timer(api.services.performance.timings(), "receive");
  const BodyEnd end = receive_body(api, request, turn, writer);
  timer.finish();
  const TimePoint now = api.services.clock.now();
  Received received{.problem = problem_of_end(request, end)};
  if (end == BodyEnd::kWhole && !writer.finish(now)) {
    received.problem = Problem{.code = "checksum_mismatch", .detail = "The body does not match its Upload-Checksum."};
  }
  if (end != BodyEnd::kWhole && end != BodyEnd::kTooLong) writer.keep(now);
  received.offset = writer.acknowledged_bytes();
  api.services.upload_changed();
  return received;
}

std::variant<std::optional<UploadChecksum>, Problem> wanted_checksum(const RequestHead& head) {
  if (!head.has("upload-checksum")) return std::optional<UploadChecksum>();
  auto parsed = parse_upload_checksum(head.value("upload-checksum"));
  if (const auto* problem = std::get_if<Problem>(&parsed)) return *problem;
  return std::optional(std::get<UploadChecksum>(std::move(parsed)));
}

/// Whether so much may still come; of what has no length yet nobody has promised room on the disk.
std::optional<Problem> check_body_length(const Request& request, const Upload& upload, std::uint64_t max_bytes) {
  const std::uint64_t room = upload.length_bytes.value_or(max_bytes) - upload.offset_bytes;
  if (request.head.content_length.value_or(0) <= room) return std::nullopt;
  return Problem{.code = "too_large", .detail = "The upload takes at most " + std::to_string(room) + " more bytes."};
}

/// A part of creation and of PATCH: room, then bytes.
Received receive_with_space(Api& api, Request& request, const Upload& upload, const UploadTurns::Turn& turn,
                            std::optional<UploadChecksum> checksum) {
  std::unique_ptr<SpaceLedger::Reservation> space;
  if (!upload.length_bytes) {
    const std::uint64_t most = api.options.max_upload_bytes - upload.offset_bytes;
    space = reserve_space(api, request.head.content_length.value_or(most));
    if (!space) return {.offset = upload.offset_bytes, .problem = no_space()};
  }
  return receive_bytes(api, request, upload, turn, std::move(checksum));
}

Response created(const Upload& upload) {
  Response response = empty(201);
  response.add("Location", std::string(kUploadsPath) + "/" + upload.id);
  add_expiry(response, upload.expires_at);
  return response;
}

void discard(Api& api, const std::string& id) {
  if (api.services.uploads.remove(id)) ::unlink(api.services.data.upload(id).c_str());
}

std::optional<Problem> add_upload(Api& api, const Request& request, const Upload& upload) {
  const OwnerLimits limits = limits_of(api, request);
  const OwnerLimit exceeded =
      exceeded_early(api, request, {.stored_bytes = limits.stored_bytes}, upload.length_bytes.value_or(0));
  if (exceeded != OwnerLimit::kNone) return quota_problem(api, exceeded, limits, /*place_after_s=*/0);
  const auto space = reserve_space(api, upload.length_bytes.value_or(0));
  if (!space) return no_space();
  const std::filesystem::path path = api.services.data.upload(upload.id);
  api.services.durability.sync_file(create_file(path).get());
  api.services.durability.sync_folder(path.parent_path());
  bool added = false;
  try {
    added = api.services.uploads.add(upload, api.options.max_uploads_of_user);
  } catch (const Error&) {
    ::unlink(path.c_str());
    throw;
  }
  if (added) return std::nullopt;
  ::unlink(path.c_str());
  return Problem{.code = "too_many_uploads",
                 .detail = "There are " + std::to_string(api.options.max_uploads_of_user) +
                           " uploads already; finish or delete some.",
                 .retry_after_s = 60};
}

Response create_with_body(Api& api, Request& request, const Upload& upload) {
  auto checksum = wanted_checksum(request.head);
  if (const auto* problem = std::get_if<Problem>(&checksum)) return problem_response(*problem, request);
  if (const auto problem = check_body_length(request, upload, api.options.max_upload_bytes)) {
    return problem_response(*problem, request);
  }
  if (const auto problem = add_upload(api, request, upload)) return problem_response(*problem, request);
  const auto turn = api.turns.take(upload.id, request, &request.body);
  if (!turn) return problem_response(taken_over(), request);
  const Received received =
      receive_with_space(api, request, upload, *turn, std::get<std::optional<UploadChecksum>>(std::move(checksum)));
  if (!received.problem) return with_offset(created(upload), received.offset);
  // The client has no address to go on at.
  discard(api, upload.id);
  return problem_response(*received.problem, request);
}

Response join_parts(Api& api, Request& request, const NewUpload& wanted) {
  const auto joined = join_uploads(api, request, wanted.concat.parts, wanted.metadata);
  if (const auto* problem = std::get_if<Problem>(&joined)) return problem_response(*problem, request);
  return created(std::get<Upload>(joined));
}

/// What a PATCH may not be, before it gets its turn.
std::optional<Problem> check_patch(const Request& request, const Upload& upload) {
  if (request.head.value("content-type") != kUploadContentType) {
    return Problem{.code = "unsupported_content",
                   .detail = "Expected the Content-Type " + std::string(kUploadContentType) + "."};
  }
  if (!parse_size(request.head.value("upload-offset"))) return malformed("Upload-Offset must be a decimal number.");
  if (upload.kind == Upload::Kind::kFinal) {
    return Problem{.code = "not_allowed", .detail = "An upload made of parts takes no more bytes."};
  }
  return std::nullopt;
}

/// A length that comes with a later request; it is known from then on.
std::optional<Problem> learn_length(Api& api, const Request& request, Upload& upload) {
  if (!request.head.has("upload-length")) return std::nullopt;
  const auto length = parse_size(request.head.value("upload-length"));
  if (!length) return malformed("Upload-Length must be a decimal number.");
  if (*length == upload.length_bytes) return std::nullopt;
  if (upload.length_bytes || *length < upload.offset_bytes) {
    return malformed("The length of an upload can be said once, and not be less than what has come.");
  }
  if (*length > api.options.max_upload_bytes) {
    return Problem{.code = "too_large",
                   .detail = "A file may have at most " + std::to_string(api.options.max_upload_bytes) + " bytes."};
  }
  const auto space = reserve_space(api, *length - upload.offset_bytes);
  if (!space) return no_space();
  if (!api.services.uploads.set_length(upload.id, *length)) {
    return Problem{.code = "upload_conflict", .detail = "The length of the upload changed meanwhile."};
  }
  upload.length_bytes = length;
  return std::nullopt;
}

Response patch_in_turn(Api& api, Request& request, const UploadTurns::Turn& turn) {
  auto found = find_upload(api, request);
  if (!found) return no_such_upload(request);
  Upload& upload = *found;
  if (parse_size(request.head.value("upload-offset")) != upload.offset_bytes) {
    return with_offset(problem_response({.code = "mismatching_upload_offset",
                                         .detail = "The upload is at " + std::to_string(upload.offset_bytes) + "."},
                                        request),
                       upload.offset_bytes);
  }
  auto checksum = wanted_checksum(request.head);
  if (const auto* problem = std::get_if<Problem>(&checksum)) return problem_response(*problem, request);
  if (const auto problem = learn_length(api, request, upload)) return problem_response(*problem, request);
  if (const auto problem = check_body_length(request, upload, api.options.max_upload_bytes)) {
    return problem_response(*problem, request);
  }
  const Received received =
      receive_with_space(api, request, upload, turn, std::get<std::optional<UploadChecksum>>(std::move(checksum)));
  Response response = received.problem ? problem_response(*received.problem, request) : empty(204);
  add_expiry(response, api.services.clock.now() + api.options.upload_expiry);
  return with_offset(std::move(response), received.offset);
}

}  // namespace

std::optional<Upload> find_upload(const Api& api, const Request& request, const std::string& id) {
  auto upload = is_id(id) ? api.services.uploads.get(id) : std::nullopt;
  if (upload && !request.caller.sees(upload->owner)) {
    log::info("authz.deny", {{"rid", request.id}, {"uid", request.caller.user_id}, {"ip", request.peer}, {"obj", id}});
    upload.reset();
  }
  return upload;
}

Response tus_options(Api& api, Request& request) {
  Response response = empty(204);
  response.add("Allow", request.path == kUploadsPath ? "POST, OPTIONS" : "HEAD, PATCH, DELETE, OPTIONS");
  response.add("Tus-Version", std::string(kTusVersion));
  response.add("Tus-Extension", std::string(kTusExtensions));
  response.add("Tus-Max-Size", std::to_string(api.options.max_upload_bytes));
  response.add("Tus-Checksum-Algorithm", std::string(kTusChecksums));
  return response;
}

Response create_upload(Api& api, Request& request) {
  if (const auto problem = check_tus_version(request.head)) return problem_response(*problem, request);
  const auto parsed = parse_new_upload(request.head, api.options.max_upload_bytes);
  if (const auto* problem = std::get_if<Problem>(&parsed)) return problem_response(*problem, request);
  const auto& wanted = std::get<NewUpload>(parsed);
  if (wanted.concat.kind == Upload::Kind::kFinal) return join_parts(api, request, wanted);
  const Upload upload{.id = random_id(),
                      .owner = request.caller.user_id,
                      .kind = wanted.concat.kind,
                      .length_bytes = wanted.length_bytes,
                      .metadata = wanted.metadata,
                      .expires_at = api.services.clock.now() + api.options.upload_expiry};
  const bool has_body = request.head.chunked || request.head.content_length.value_or(0) > 0;
  if (has_body) {
    if (request.head.value("content-type") != kUploadContentType) {
      return problem_response({.code = "unsupported_content",
                               .detail = "Expected the Content-Type " + std::string(kUploadContentType) + "."},
                              request);
    }
    return create_with_body(api, request, upload);
  }
  if (const auto problem = add_upload(api, request, upload)) return problem_response(*problem, request);
  return with_offset(created(upload), 0);
}

Response show_upload(Api& api, Request& request) {
  if (const auto problem = check_tus_version(request.head)) return problem_response(*problem, request);
  if (!find_upload(api, request)) return no_such_upload(request);
  const auto turn = api.turns.take(request.captures.at("id"), request, /*body=*/nullptr);
  if (!turn) return problem_response(taken_over(), request);
  const auto upload = find_upload(api, request);
  if (!upload) return no_such_upload(request);
  if (const auto problem = check_expiry(api, *upload)) return problem_response(*problem, request);
  Response response = with_offset(empty(200), upload->offset_bytes);
  if (upload->length_bytes)
    response.add("Upload-Length", std::to_string(*upload->length_bytes));
  else
    response.add("Upload-Defer-Length", "1");
  if (!upload->metadata.empty()) response.add("Upload-Metadata", upload->metadata);
  if (upload->kind != Upload::Kind::kWhole) response.add("Upload-Concat", upload_concat(*upload));
  add_expiry(response, upload->expires_at);
  return response;
}

Response patch_upload(Api& api, Request& request) {
  if (const auto problem = check_tus_version(request.head)) return problem_response(*problem, request);
  const auto upload = find_upload(api, request);
  if (!upload) return no_such_upload(request);
  if (const auto problem = check_expiry(api, *upload)) return problem_response(*problem, request);
  if (const auto problem = check_patch(request, *upload)) return problem_response(*problem, request);
  const auto turn = api.turns.take(upload->id, request, &request.body);
  if (!turn) return problem_response(taken_over(), request);
  return patch_in_turn(api, request, *turn);
}

Response delete_upload(Api& api, Request& request) {
  if (const auto problem = check_tus_version(request.head)) return problem_response(*problem, request);
  const auto upload = find_upload(api, request);
  if (!upload) return no_such_upload(request);
  const auto turn = api.turns.take(upload->id, request, /*body=*/nullptr);
  if (!turn) return problem_response(taken_over(), request);
  discard(api, upload->id);
  api.services.upload_changed();
  return empty(204);
}

}  // namespace voxlate::http
