#include "health/proc_text.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace voxlate::health {
namespace {

/// Takes the text up to the next `separator`, or all of it.
std::string_view take(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return part;
}

/// The words of a line, however many blanks are between them.
std::vector<std::string_view> words(std::string_view line) {
  std::vector<std::string_view> found;
  while (!line.empty()) {
    const std::size_t begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos) break;
    const std::size_t end = std::min(line.find_first_of(" \t", begin), line.size());
    found.push_back(line.substr(begin, end - begin));
    line.remove_prefix(end);
  }
  return found;
}

/// The second word of the line that starts with the word `name`.
std::optional<std::uint64_t> value_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::vector<std::string_view> line = words(take(text, '\n'));
    if (line.size() >= 2 && line[0] == name) return parse_bytes(line[1]);
  }
  return std::nullopt;
}

bool lists(std::string_view controllers, std::string_view wanted) {
  while (!controllers.empty()) {
    if (take(controllers, ',') == wanted) return true;
  }
  return false;
}

/// As the kernel names what it does not lay on something else; partitions end in a digit where disks do not
/// (sda1, vda2) or in p and a digit (nvme0n1p1, mmcblk0p1).
bool is_whole_disk(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  for (const std::string_view letters : {"sd", "vd", "xvd", "hd"}) {
    if (name.starts_with(letters)) return !is_digit(name.back());
  }
  if (name.starts_with("nvme") || name.starts_with("mmcblk")) return name.find('p') == std::string_view::npos;
  return false;
}

}  // namespace

std::optional<MemInfo> parse_meminfo(std::string_view text) {
  const std::optional<std::uint64_t> total = parse_kb_line(text, "MemTotal");
  const std::optional<std::uint64_t> available = parse_kb_line(text, "MemAvailable");
  if (!total || !available || *available > *total) return std::nullopt;
  return MemInfo{.total_bytes = *total, .available_bytes = *available};
}

std::optional<CpuTimes> parse_cpu_times(std::string_view text) {
  // cpu user nice system idle iowait irq softirq steal …; guest times are part of user and nice.
  constexpr std::size_t kIdle = 4;
  constexpr std::size_t kIoWait = 5;
  constexpr std::size_t kEnd = 9;
  const std::vector<std::string_view> line = words(take(text, '\n'));
  if (line.size() <= kIdle || line[0] != "cpu") return std::nullopt;
  CpuTimes times;
  for (std::size_t field = 1; field < std::min(line.size(), kEnd); ++field) {
    const std::optional<std::uint64_t> ticks = parse_bytes(line[field]);
    if (!ticks) return std::nullopt;
    times.total += *ticks;
    if (field != kIdle && field != kIoWait) times.busy += *ticks;
  }
  return times;
}

std::optional<std::uint64_t> parse_process_ticks(std::string_view text) {
  // pid (name) state …: the name may hold anything, so the words are counted behind its last bracket.
  constexpr std::size_t kUserTime = 11;
  constexpr std::size_t kSystemTime = 12;
  const std::size_t name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  const std::vector<std::string_view> fields = words(text.substr(name_end + 1));
  if (fields.size() <= kSystemTime) return std::nullopt;
  const std::optional<std::uint64_t> user = parse_bytes(fields[kUserTime]);
  const std::optional<std::uint64_t> system = parse_bytes(fields[kSystemTime]);
  if (!user || !system) return std::nullopt;
  return *user + *system;
}

std::optional<Transferred> parse_disk_bytes(std::string_view text) {
  // major minor name reads merged sectors-read ms writes merged sectors-written …
  constexpr std::size_t kName = 2;
  constexpr std::size_t kRead = 5;
  constexpr std::size_t kWritten = 9;
  constexpr std::uint64_t kSectorBytes = 512;
  std::optional<Transferred> sum;
  while (!text.empty()) {
    const std::vector<std::string_view> line = words(take(text, '\n'));
    if (line.size() <= kWritten || !is_whole_disk(line[kName])) continue;
    const std::optional<std::uint64_t> read = parse_bytes(line[kRead]);
    const std::optional<std::uint64_t> written = parse_bytes(line[kWritten]);
    if (!read || !written) continue;
    if (!sum) sum.emplace();
    sum->in += *read * kSectorBytes;
    sum->out += *written * kSectorBytes;
  }
  return sum;
}

std::optional<Transferred> parse_network_bytes(std::string_view text) {
  // name: received-bytes and seven more, sent-bytes …
  constexpr std::size_t kReceived = 0;
  constexpr std::size_t kSent = 8;
  std::optional<Transferred> sum;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    if (line.find(':') == std::string_view::npos) continue;
    const std::vector<std::string_view> name = words(take(line, ':'));
    const std::vector<std::string_view> counters = words(line);
    if (name.size() != 1 || name[0] == "lo" || counters.size() <= kSent) continue;
    const std::optional<std::uint64_t> received = parse_bytes(counters[kReceived]);
    const std::optional<std::uint64_t> sent = parse_bytes(counters[kSent]);
    if (!received || !sent) continue;
    if (!sum) sum.emplace();
    sum->in += *received;
    sum->out += *sent;
  }
  return sum;
}

std::optional<double> parse_stall_percent(std::string_view text) {
  constexpr std::string_view kKey = "avg10=";
  for (const std::string_view word : words(take(text, '\n'))) {
    if (!word.starts_with(kKey)) continue;
    double percent = 0;
    const char* begin = word.data() + kKey.size();
    const auto [end, error] = std::from_chars(begin, word.data() + word.size(), percent);
    if (error == std::errc() && end == word.data() + word.size()) return percent;
  }
  return std::nullopt;
}

std::optional<std::uint64_t> parse_kb_line(std::string_view text, std::string_view name) {
  constexpr std::uint64_t kBytesPerKb = 1024;
  const std::optional<std::uint64_t> kilobytes = value_of(text, std::string(name) + ":");
  if (!kilobytes) return std::nullopt;
  return *kilobytes * kBytesPerKb;
}

std::optional<std::uint64_t> parse_counter(std::string_view text, std::string_view name) {
  return value_of(text, name);
}

std::optional<std::uint64_t> parse_bytes(std::string_view text) {
  if (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<std::string> parse_cgroup_path(std::string_view text, std::string_view controller) {
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view hierarchy = take(line, ':');
    const std::string_view controllers = take(line, ':');
    const bool wanted = controller.empty() ? hierarchy == "0" && controllers.empty() : lists(controllers, controller);
    if (wanted && !line.empty()) return std::string(line);
  }
  return std::nullopt;
}

}  // namespace voxlate::health
