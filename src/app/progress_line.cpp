#include "app/progress_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "pipeline/run_job.h"

namespace voxlate::app {
namespace {

constexpr std::chrono::milliseconds kRedraw{100};
constexpr int kBarWidth = 24;

std::string_view verb(Stage stage) {
  switch (stage) {
    case Stage::kWaiting: return "Waiting";
    case Stage::kTranscribing: return "Transcribing";
    case Stage::kTranslating: return "Translating";
    case Stage::kWriting: return "Writing";
  }
  return "";
}

}  // namespace

std::string format_media_time(std::chrono::milliseconds time) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time).count();
  return seconds >= 3600 ? fmt::format("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
                         : fmt::format("{}:{:02}", seconds / 60, seconds % 60);
}

ProgressLine::ProgressLine(std::string name, const JobSpec& spec)
    : name_(std::move(name)), spec_(spec), on_terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressLine::~ProgressLine() {
  if (on_terminal_) fmt::print(stderr, "\r\033[K");
}

void ProgressLine::update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) {
  if (!on_terminal_) return;
  const MutexLock lock(mutex_);
  const SteadyClock::time_point now = SteadyClock::now();
  if (now - shown_ < kRedraw) return;
  shown_ = now;
  const double fraction = pipeline::overall_fraction(spec_, stage, done, total);
  const double elapsed_s = std::chrono::duration<double>(now - start_).count();
  const int filled = static_cast<int>(fraction * kBarWidth);
  std::string line = fmt::format("{}: {} {} / {} [{:#<{}}{:-<{}}] {:3.0f} %", name_, verb(stage),
                                 format_media_time(done), total.count() > 0 ? format_media_time(total) : "?", "",
                                 filled, "", kBarWidth - filled, 100 * fraction);
  if (stage == Stage::kTranscribing && elapsed_s > 1) {
    line += fmt::format("  {:.1f}x", std::chrono::duration<double>(done).count() / elapsed_s);
  }
  if (fraction > 0.01 && elapsed_s > 1) {
    const std::chrono::duration<double> left(elapsed_s * (1 - fraction) / fraction);
    line += fmt::format("  {} left", format_media_time(std::chrono::duration_cast<std::chrono::milliseconds>(left)));
  }
  fmt::print(stderr, "\r\033[K{}", line);
  std::fflush(stderr);
}

}  // namespace voxlate::app
