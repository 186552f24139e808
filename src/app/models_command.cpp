#include "app/models_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "app/model_files.h"
#include "app/progress_line.h"
#include "base/clock.h"
#include "http/json.h"
#include "models/fetch_package.h"
#include "models/model_list.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr double kMebibyte = 1024.0 * 1024;

/// The models folder and the index of packages, without a server.
struct Models {
  explicit Models(const Config& config)
      : source(model_source(config)),
        folder(model_folder_options(config), inspect_model_file, inspect_model_folder),
        index(package_index_options(config), language_tag, clock) {}

  std::vector<models::ModelFile> list() { return list_with_packages(folder, index); }

  /// What can be fetched under a name; nothing: nothing can.
  struct Wanted {
    const models::KnownModel* model = nullptr;
    std::optional<models::TranslationPackage> package;
  };
  Wanted find(const std::string& name, const std::stop_token& stop) {
    Wanted wanted{.model = models::find_model(folder.known(), name), .package = std::nullopt};
    if (wanted.model != nullptr) return wanted;
    problem = index.refresh(stop);
    wanted.package = index.find(name);
    return wanted;
  }

  const SystemClock clock;
  const models::ModelSource source;
  models::ModelFolder folder;
  models::PackageIndex index;
  std::string problem;  ///< of the index
};

double mebibytes(std::uint64_t bytes) { return static_cast<double>(bytes) / kMebibyte; }

/// "base  [#####-----]  46 %  34.1 / 74.1 MiB  3.2 MiB/s  0:12 left": rewritten in place on a terminal, nothing
/// elsewhere.
class DownloadLine {
 public:
  DownloadLine(std::string id, std::uint64_t size_bytes) : id_(std::move(id)), size_bytes_(size_bytes) {}
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
    const double fraction = static_cast<double>(done_bytes) / static_cast<double>(size_bytes_);
    const int filled = static_cast<int>(fraction * kBarWidth);
    std::string line = fmt::format("{}  [{:#<{}}{:-<{}}]  {:.0f} %  {:.1f} / {:.1f} MiB", id_, "", filled, "",
                                   kBarWidth - filled, 100 * fraction, mebibytes(done_bytes), mebibytes(size_bytes_));
    const std::chrono::duration<double> elapsed = now - start_;
    const double per_second = static_cast<double>(done_bytes - begin_bytes_) / elapsed.count();
    if (elapsed > std::chrono::seconds(1) && per_second > 0) {
      const std::chrono::duration<double> left(static_cast<double>(size_bytes_ - done_bytes) / per_second);
      line += fmt::format("  {:.1f} MiB/s  {} left", per_second / kMebibyte,
                          format_media_time(std::chrono::duration_cast<std::chrono::milliseconds>(left)));
    }
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
  }

 private:
  const std::string id_;
  const std::uint64_t size_bytes_;
  const bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
  const SteadyClock::time_point start_ = SteadyClock::now();
  SteadyClock::time_point shown_{};
  std::uint64_t begin_bytes_ = 0;  // of an earlier run
};

[[noreturn]] void refuse_name(const std::string& name, const std::string& problem) {
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("there is no model \"{}\"; voxlate models list --available shows all{}{}", name,
                          problem.empty() ? "" : "; ", problem));
}

/// "CC-BY-NC 4.0, not for commercial use".
std::string licence_text(const std::string& licence, bool non_commercial, const char* unknown) {
  return (licence.empty() ? unknown : licence) + std::string(non_commercial ? ", not for commercial use" : "");
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
    DownloadLine line(model.id, model.size_bytes);
    fetch_model(
        model, folder, source, [&line](std::uint64_t done_bytes) { line.update(done_bytes); }, stop);
  }
  fmt::print("{} is installed: {}\n", model.id, folder.path_of(model.id).string());
}

const models::ModelFile* find_file(const std::vector<models::ModelFile>& files, const std::string& id) {
  const auto found =
      std::find_if(files.begin(), files.end(), [&](const models::ModelFile& f) { return f.info.id == id; });
  return found == files.end() ? nullptr : &*found;
}

/// Says what it is before it fetches it.
void get_package(models::TranslationPackage package, Models& models, const std::stop_token& stop) {
  const std::vector<models::ModelFile> before = models.folder.scan();
  const models::ModelFile* here = find_file(before, package.id);
  const bool is_outdated = here != nullptr && models::is_older_version(here->info.version, package.version);
  if (here == nullptr || is_outdated || here->info.state == ModelState::kDamaged) {
    require_fetchable(package, models.source, models.folder.requires_listed());
    package = models.index.with_size(std::move(package), stop);
    fmt::print("{} {}: {} -> {}, {:.1f} MiB, licence: {}\n", package.id, package.version, package.source_tag,
               package.target_tag, mebibytes(package.size_bytes),
               licence_text(package.licence, package.non_commercial, "not in the index; it is read from the package"));
    std::fflush(stdout);
    DownloadLine line(package.id, package.size_bytes);
    fetch_package(
        package, models.folder, models.source, [&line](std::uint64_t done_bytes) { line.update(done_bytes); }, stop);
  }
  const std::vector<models::ModelFile> after = models.folder.scan();
  here = find_file(after, package.id);
  if (here == nullptr) throw Error(ErrorCode::kInternal, "the package is not there after its installation");
  fmt::print("{} is installed: {}\n  licence: {}\n{}", package.id, here->path.string(),
             licence_text(here->info.licence, here->info.non_commercial, "not named in the package"),
             here->info.usable ? "" : "  but cannot be used: " + here->info.reason + "\n");
}

std::string row_of(const ModelInfo& model) {
  std::string row = fmt::format("{:<22} ", model.id);
  row +=
      model.size_bytes == 0 ? fmt::format("{:>12}  ", "") : fmt::format("{:>8.1f} MiB  ", mebibytes(model.size_bytes));
  if (model.kind == ModelKind::kTranslation && !model.source.empty()) {
    row += model.source == "mul" ? fmt::format("{} languages  ", model.n_languages)
                                 : fmt::format("{} -> {}  ", model.source, model.target);
    if (!model.licence.empty()) row += licence_text(model.licence, model.non_commercial, "") + "  ";
  }
  row += to_string(model.state);
  if (!model.newer_version.empty()) row += fmt::format(" {}, {} is published", model.version, model.newer_version);
  return row + (model.reason.empty() ? "" : ": ") + model.reason;
}

}  // namespace

void list_models(const Config& config, const ListRequest& request, std::stop_token stop) {
  Models models(config);
  models.folder.verify(stop);
  if (request.with_available) models.problem = models.index.refresh(stop);
  std::vector<ModelInfo> list;
  for (models::ModelFile& file : models.list()) {
    if (request.with_available || !models::is_only_offered(file.info)) list.push_back(std::move(file.info));
  }
  if (!models.problem.empty()) fmt::print(stderr, "voxlate: {}\n", models.problem);
  if (request.as_json) {
    fmt::print("{}\n", http::model_list_json(list, models.problem));
    return;
  }
  for (const ModelInfo& model : list) fmt::print("{}\n", row_of(model));
}

bool get_models(const Config& config, const std::vector<std::string>& names, std::stop_token stop) {
  Models models(config);
  std::vector<Models::Wanted> wanted;
  for (const std::string& name : names) {
    wanted.push_back(models.find(name, stop));
    if (wanted.back().model == nullptr && !wanted.back().package) refuse_name(name, models.problem);
  }
  models.folder.verify(stop);
  bool all_done = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      if (wanted[i].model != nullptr) {
        get_model(*wanted[i].model, models.folder, models.source, stop);
      } else {
        get_package(*wanted[i].package, models, stop);
      }
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      fmt::print(stderr, "voxlate: {}: {}\n", names[i], error.what());
      all_done = false;
    }
  }
  return all_done;
}

bool remove_models(const Config& config, const std::vector<std::string>& names) {
  Models models(config);
  std::vector<models::ModelFile> chosen;
  const std::vector<models::ModelFile> files = models.list();
  for (const std::string& name : names) {
    const models::ModelFile* file = find_file(files, name);
    const auto package = file == nullptr ? models.index.find(name) : std::nullopt;
    if (package) file = find_file(files, package->id);
    if (file == nullptr) refuse_name(name, "");
    chosen.push_back(*file);
  }
  bool all_there = true;
  for (std::size_t i = 0; i < names.size(); ++i) {
    try {
      const models::ModelFile& file = chosen[i];
      const bool is_translation = file.info.kind == ModelKind::kTranslation;
      const bool removed = is_translation ? models.folder.packages().remove(file) : models.folder.remove(file.info.id);
      if (!removed) throw Error(ErrorCode::kNotFound, "not installed");
      fmt::print("{} is deleted\n", file.info.id);
    } catch (const Error& error) {
      fmt::print(stderr, "voxlate: {}: {}\n", names[i], error.what());
      all_there = false;
    }
  }
  return all_there;
}

}  // namespace voxlate::app
