#include "http/upload_join.h"

#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "base/ids.h"
#include "base/log.h"
#include "http/upload_space.h"

namespace voxlate::http {
namespace {

using Turns = std::vector<std::unique_ptr<UploadTurns::Turn>>;

// In the order of the ids, so that two requests never wait for one another.
std::optional<Turns> take_turns(Api& api, const Request& request, std::vector<std::string> ids) {
  std::ranges::sort(ids);
  Turns turns;
  for (const std::string& id : ids) {
    turns.push_back(api.turns.take(id, request, /*body=*/nullptr));
    if (!turns.back()) return std::nullopt;
  }
  return turns;
}

std::variant<std::vector<Upload>, Problem> find_parts(Api& api, const Caller& caller,
                                                      const std::vector<std::string>& ids) {
  std::vector<Upload> parts;
  for (const std::string& id : ids) {
    auto part = api.services.uploads.get(id);
    if (!part || !caller.sees(part->owner)) {
      return Problem{.code = "not_found", .detail = "There is no such part: " + id + "."};
    }
    if (part->kind != Upload::Kind::kPart || !part->complete()) {
      return Problem{.code = "upload_conflict", .detail = "This is not a complete partial upload: " + id + "."};
    }
    if (!parts.empty() && part->owner != parts.front().owner) {
      return Problem{.code = "upload_conflict", .detail = "The parts belong to different users."};
    }
    parts.push_back(std::move(*part));
  }
  return parts;
}

// The first part's file gets the content of the others behind its own, and a second name. Until the record says so,
// that is only a tail behind an acknowledged offset and a file without a record: both are cleared away at a start.
void join_files(const DataFolder& data, Durability& durability, const std::vector<Upload>& parts,
                const std::string& joined_id) {
  const UniqueFd whole = open_for_writing(data.upload(parts.front().id));
  std::uint64_t offset = parts.front().offset_bytes;
  truncate_file(whole.get(), offset);
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const UniqueFd part = open_for_reading(data.upload(parts[i].id));
    const std::uint64_t copied = copy_file_to(part.get(), whole.get(), offset);
    if (copied != parts[i].offset_bytes) {
      throw Error(ErrorCode::kInternal, "expected a part of " + std::to_string(parts[i].offset_bytes) +
                                            " bytes on the disk, got " + std::to_string(copied));
    }
    offset += copied;
  }
  durability.sync_file(whole.get());
  std::error_code error;
  std::filesystem::create_hard_link(data.upload(parts.front().id), data.upload(joined_id), error);
  if (error) throw Error(ErrorCode::kInternal, "cannot name a joined upload: " + error.message());
  durability.sync_folder(data.uploads());
}

}  // namespace

std::variant<Upload, Problem> join_uploads(Api& api, const Request& request, const std::vector<std::string>& ids,
                                           const std::string& metadata) {
  const auto turns = take_turns(api, request, ids);
  if (!turns) return Problem{.code = "upload_taken_over", .detail = "A part is being worked on.", .retry_after_s = 1};
  const auto found = find_parts(api, request.caller, ids);
  if (const auto* problem = std::get_if<Problem>(&found)) return *problem;
  const auto& parts = std::get<std::vector<Upload>>(found);

  Upload joined{.id = random_id(),
                .owner = parts.front().owner,
                .kind = Upload::Kind::kFinal,
                .metadata = metadata,
                .parts = ids,
                .expires_at = api.services.clock.now() + api.options.upload_expiry};
  for (const Upload& part : parts) joined.offset_bytes += part.offset_bytes;
  joined.length_bytes = joined.offset_bytes;
  if (joined.offset_bytes > api.options.max_upload_bytes) {
    return Problem{.code = "too_large",
                   .detail = "A file may have at most " + std::to_string(api.options.max_upload_bytes) + " bytes."};
  }
  const auto space = reserve_space(api, joined.offset_bytes - parts.front().offset_bytes);
  if (!space) return no_space();

  join_files(api.services.data, api.services.durability, parts, joined.id);
  if (!api.services.uploads.join(joined)) {
    ::unlink(api.services.data.upload(joined.id).c_str());
    return Problem{.code = "upload_conflict", .detail = "A part has gone meanwhile."};
  }
  for (const std::string& id : ids) ::unlink(api.services.data.upload(id).c_str());
  log::info("upload joined", {{"upload_id", joined.id}, {"parts", ids.size()}, {"size_bytes", joined.offset_bytes}});
  return joined;
}

}  // namespace voxlate::http
