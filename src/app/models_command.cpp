#include "app/models_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "app/model_files.h"
#include "app/progress_line.h"
#include "http/json.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kMebibyte = 1024.0 * 1024;

models::ModelFolder open_folder(const Config& config) {
  return models::ModelFolder(model_folder_options(config), inspect_model_file);
}

double mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / kMebibyte; }

/// "base  [#####-----]  46 %  34.1 / 74.1 MiB  3.2 MiB/s  0:12 left": rewritten in place on a terminal, nothing
/// elsewhere.
class DownloadLine {
 public:
  explicit DownloadLine(const models::KnownModel& model) : model_(model) {}
  ~DownloadLine() {
    if (on_terminal_) fmt::print(stderr, "\r\033[K");
  }
  DownloadLine(const DownloadLine&) = delete;
  DownloadLine& operator=(const DownloadLine&) = delete;

  void update(std::uint64_t done_bytes) {
    constexpr std::chrono::milliseconds kRedraw{100};
    constexpr int kBarWidth = 24;
    const SteadyClock::time_point now = SteadyClock::now();
    if (!on_terminal_ || now - shown_ < kRedraw) return;
    if (shown_ == SteadyClock::time_point{}) begin_bytes_ = done_bytes;
    shown_ = now;
    const double fraction = static_cast<double>(done_bytes) / static_cast<double>(model_.size_bytes);
    const int filled = static_cast<int>(fraction * kBarWidth);
    std::string line =
        fmt::format("{}  [{:#<{}}{:-<{}}]  {:.0f} %  {:.1f} / {:.1f} MiB", model_.id, "", filled, "",
                    kBarWidth - filled, 100 * fraction, mebibytes(done_bytes), mebibytes(model_.size_bytes));
    const std::chrono::duration<double> elapsed = now - start_;
    const double per_second = static_cast<double>(done_bytes - begin_bytes_) / elapsed.count();
    if (elapsed > std::chrono::seconds(1) && per_second > 0) {
      const std::chrono::duration<double> left(static_cast<double>(model_.size_bytes - done_bytes) / per_second);
      line += fmt::format("  {:.1f} MiB/s  {} left", per_second / kMebibyte,
                          format_media_time(std::chrono::duration_cast<std::chrono::milliseconds>(left)));
    }
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
  }

 private:
  const models::KnownModel& model_;
  const bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  const SteadyClock::time_point start_ = SteadyClock::now();
  SteadyClock::time_point shown_{};
  std::uint64_t begin_bytes_ = 0;  // of an earlier run
};

[[noreturn]] void refuse_name(const std::string& name) {
  throw Error(ErrorCode::kInvalidInput, fmt::format("there is no model \"{}\"; voxlate models list shows all", name));
}

void get_model(const models::KnownModel& model, models::ModelFolder& folder, const models::ModelSource& source,
               const std::stop_token& stop) {
  const std::vector<models::ModelFile> files = folder.scan();
  const auto file =
      std::find_if(files.begin(), files.end(), [&](const models::ModelFile& f) { return f.info.id == model.id; });
  if (file->info.state == ModelState::kUnlisted) {
    throw Error(ErrorCode::kConflict, fmt::format("{} is another file of this name, placed by hand; voxlate models rm "
                                                  "{} deletes it",
                                                  file->path.string(), model.id));
  }
  if (file->info.state != ModelState::kInstalled) {
    DownloadLine line(model);
    fetch_model(
        model, folder, source, [&line](std::uint64_t done_bytes) { line.update(done_bytes); }, stop);
  }
  fmt::print("{} is installed: {}\n", model.id, folder.path_of(model.id).string());
}

}  // namespace

void list_models(const Config& config, bool as_json, std::stop_token stop) {
  models::ModelFolder folder = open_folder(config);
  folder.verify(stop);
  std::vector<ModelInfo> models;
  for (models::ModelFile& file : folder.scan()) models.push_back(std::move(file.info));
  if (as_json) {
    fmt::print("{}\n", http::model_list_json(models));
    return;
  }
  for (const ModelInfo& model : models) {
    fmt::print("{:<22} {:>8.1f} MiB  {}{}{}\n", model.id, mebibytes(model.size_bytes), to_string(model.state),
               model.reason.empty() ? "" : ": ", model.reason);
  }
}

bool get_models(const Config& config, const std::vector<std::string>& names, std::stop_token stop) {
  models::ModelFolder folder = open_folder(config);
  for (const std::string& name : names) {
    if (models::find_model(folder.known(), name) == nullptr) refuse_name(name);
  }
  folder.verify(stop);
  bool all_done = true;
  for (const std::string& name : names) {
    try {
      get_model(*models::find_model(folder.known(), name), folder, model_source(config), stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      fmt::print(stderr, "voxlate: {}: {}\n", name, error.what());
      all_done = false;
    }
  }
  return all_done;
}

bool remove_models(const Config& config, const std::vector<std::string>& names) {
  models::ModelFolder folder = open_folder(config);
  const std::vector<models::ModelFile> files = folder.scan();
  for (const std::string& name : names) {
    if (std::none_of(files.begin(), files.end(), [&](const models::ModelFile& f) { return f.info.id == name; })) {
      refuse_name(name);
    }
  }
  bool all_there = true;
  for (const std::string& name : names) {
    try {
      if (!folder.remove(name)) throw Error(ErrorCode::kNotFound, "not installed");
      fmt::print("{} is deleted\n", name);
    } catch (const Error& error) {
      fmt::print(stderr, "voxlate: {}: {}\n", name, error.what());
      all_there = false;
    }
  }
  return all_there;
}

}  // namespace voxlate::app
