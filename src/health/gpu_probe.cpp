#include "health/gpu_probe.h"

#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/child_process.h"
#include "voxlate/error.h"

namespace voxlate::health {
namespace {

constexpr std::uint64_t kMebibyte = 1 << 20;
constexpr std::size_t kMaxGpus = 64;
constexpr std::size_t kMaxAnswerBytes = 64 << 10;

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \r") - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(trimmed(text.substr(0, end)));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<GpuStatus> parse_gpu(std::string_view line) {
  enum Column : std::size_t { kIndex, kName, kDriver, kMemoryTotal, kMemoryUsed, kLoad, kTemperature, kColumns };
  const std::vector<std::string_view> columns = split(line, ',');
  if (columns.size() != kColumns) return std::nullopt;
  const std::optional<int> index = parse_number<int>(columns[kIndex]);
  const auto total = parse_number<std::uint64_t>(columns[kMemoryTotal]);
  const auto used = parse_number<std::uint64_t>(columns[kMemoryUsed]);
  if (!index || !total || !used) return std::nullopt;
  return GpuStatus{.index = *index,
                   .name = std::string(columns[kName]),
                   .driver = std::string(columns[kDriver]),
                   .memory_total_bytes = *total * kMebibyte,
                   .memory_used_bytes = *used * kMebibyte,
                   .load_percent = parse_number<int>(columns[kLoad]),
                   .temperature_c = parse_number<int>(columns[kTemperature])};
}

}  // namespace

std::vector<GpuStatus> parse_gpu_list(std::string_view text) {
  std::vector<GpuStatus> gpus;
  for (const std::string_view line : split(text, '\n')) {
    std::optional<GpuStatus> gpu = parse_gpu(line);
    if (gpu && gpus.size() < kMaxGpus) gpus.push_back(std::move(*gpu));
  }
  return gpus;
}

GpuProbe::GpuProbe(const Clock& clock, std::filesystem::path program) : clock_(clock), program_(std::move(program)) {}

std::vector<GpuStatus> GpuProbe::look() {
  const MutexLock lock(mutex_);
  const TimePoint now = clock_.now();
  if (!seen_at_ || now - *seen_at_ >= kBelieved || now < *seen_at_) {
    seen_ = ask();
    seen_at_ = now;
  }
  return seen_;
}

std::vector<GpuStatus> GpuProbe::ask() const {
  constexpr std::chrono::seconds kPatience{5};
  if (::access(program_.c_str(), X_OK) != 0) return {};
  const Command command{
      .program = program_,
      .arguments = {"--query-gpu=index,name,driver_version,memory.total,memory.used,utilization.gpu,temperature.gpu",
                    "--format=csv,noheader,nounits"}};
  std::string answer;
  try {
    ProcessPipeline program({&command, 1});
    program.close_input();
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    std::array<char, 4096> buffer{};
    while (answer.size() < kMaxAnswerBytes) {
      const ProcessPipeline::ReadResult read = program.read_some(buffer);
      answer.append(buffer.data(), read.size_bytes);
      if (read.ended) return parse_gpu_list(answer);
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(give_up - std::chrono::steady_clock::now());
      if (left.count() <= 0 || (read.size_bytes == 0 && !program.wait(/*or_writable=*/false, left))) return {};
    }
  } catch (const Error&) {
    return {};  // a driver that is half installed is no GPU
  }
  return {};
}

}  // namespace voxlate::health
