#include "models/package_records.h"

#include <algorithm>

#include "base/file.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 20U;
constexpr std::size_t kDigestLength = 64;

std::string_view name_of(PackageOrigin origin) {
  switch (origin) {
    case PackageOrigin::kListed: return "listed";
    case PackageOrigin::kFirstUse: return "first";
    case PackageOrigin::kByHand: return "hand";
  }
  return "hand";
}

std::optional<PackageOrigin> origin_of(std::string_view name) {
  for (const PackageOrigin origin : {PackageOrigin::kListed, PackageOrigin::kFirstUse, PackageOrigin::kByHand}) {
    if (name_of(origin) == name) return origin;
  }
  return std::nullopt;
}

}  // namespace

void PackageRecords::load() {
  std::string text;
  try {
    text = read_file(file_, kMaxBytes);
  } catch (const Error&) {
    return;
  }
  records_.clear();
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    const std::size_t first = line.find(' ');
    const std::size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    if (first != kDigestLength || second == std::string_view::npos || second + 1 == line.size()) continue;
    const auto origin = origin_of(line.substr(first + 1, second - first - 1));
    if (!origin) continue;
    records_[std::string(line.substr(second + 1))] = {.sha256 = std::string(line.substr(0, first)), .origin = *origin};
  }
}

std::optional<PackageRecord> PackageRecords::find(std::string_view name) {
  load();
  const auto found = records_.find(name);
  return found == records_.end() ? std::nullopt : std::optional(found->second);
}

void PackageRecords::remember(const std::string& name, const PackageRecord& record) {
  load();
  records_[name] = record;
  std::string text;
  for (const auto& [known, entry] : records_) {
    if (known.find('\n') == std::string::npos)
      text += entry.sha256 + ' ' + std::string(name_of(entry.origin)) + ' ' + known + '\n';
  }
  write_file_atomically(file_, text);
}

}  // namespace voxlate::models
