#include "app/audit_archive.h"

#include <fcntl.h>

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "base/clock.h"
#include "base/file.h"

namespace voxlate::app {
namespace {

constexpr std::size_t kMonthLength = 7;  // of "2026-11-21T..."

std::string line_of(const AuditRecord& record) {
  using Json = nlohmann::ordered_json;
  const AuditEntry& entry = record.entry;
  const Json document = {{"sequence", record.sequence}, {"at", format_utc(entry.at)},  {"event", entry.event},
                         {"actor", entry.actor},        {"address", entry.address},    {"subject", entry.subject},
                         {"detail", entry.detail},      {"previous", record.previous}, {"hash", record.hash}};
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

void archive_audit(const std::filesystem::path& folder, const std::vector<AuditRecord>& records) {
  std::map<std::string, std::string> lines_by_month;
  for (const AuditRecord& record : records) {
    lines_by_month[format_utc(record.entry.at).substr(0, kMonthLength)] += line_of(record);
  }
  std::filesystem::create_directories(folder);
  for (const auto& [month, lines] : lines_by_month) {
    const std::filesystem::path path = folder / ("audit-" + month + ".jsonl");
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (!fd) throw_errno("cannot open the archive of the audit");
    write_all(fd.get(), lines);
    sync_file(fd.get());
  }
  sync_folder(folder);
}

}  // namespace voxlate::app
