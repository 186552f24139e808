#pragma once

#include <filesystem>
#include <vector>

#include "voxlate/account_store.h"

namespace voxlate::app {

/// Appends the records to `folder`/audit-YYYY-MM.jsonl, by the month of each: one line is one JSON document with the
/// members that GET /api/audit tells. On disk when it returns.
void archive_audit(const std::filesystem::path& folder, const std::vector<AuditRecord>& records);

}  // namespace voxlate::app
