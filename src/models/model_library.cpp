#include "models/model_library.h"

#include <algorithm>
#include <exception>
#include <set>

#include "base/log.h"
#include "models/download_url.h"
#include "models/fetch_package.h"
#include "models/model_list.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

Error unknown(std::string_view id) { return {ErrorCode::kNotFound, "there is no model \"" + std::string(id) + "\""}; }

}  // namespace

ModelLibrary::ModelLibrary(ModelSource source, ModelFolder& folder, PackageIndex& index, LoadedModels& loaded,
                           const std::vector<std::string>& wanted)
    : source_(std::move(source)), folder_(folder), index_(index), loaded_(loaded) {
  require_download_url(source_.base_url);
  for (const std::string& id : wanted) {
    try {
      start_download(id);
    } catch (const Error& error) {
      log::warning("model download refused", {{"model", id}, {"why", error.what()}});
    }
  }
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

std::vector<ModelInfo> ModelLibrary::list() {
  std::vector<ModelInfo> models = list_all();
  std::erase_if(models, is_only_offered);
  return models;
}

void ModelLibrary::look_again() { list_all(); }

ModelOffer ModelLibrary::list_offered(std::stop_token stop) {
  std::string problem = index_.refresh(stop);
  return {.models = list_all(), .problem = std::move(problem)};
}

ModelInfo ModelLibrary::look_up(std::string_view id, std::stop_token stop) {
  ModelInfo model = info_of(id_of(id, stop));
  const bool is_package = model.kind == ModelKind::kTranslation && model.listed;
  if (!is_package || model.state != ModelState::kAvailable || model.size_bytes > 0 || source_.offline) return model;
  if (const auto package = index_.find(model.id)) model.size_bytes = index_.with_size(*package, stop).size_bytes;
  return model;
}

std::vector<ModelInfo> ModelLibrary::list_all() {
  std::set<std::string, std::less<>> in_memory;
  for (const LoadedModel& model : loaded_.loaded()) in_memory.insert(model.key.model);
  std::vector<ModelInfo> models;
  const std::vector<ModelFile> files = list_with_packages(folder_, index_);
  const MutexLock lock(mutex_);
  for (const ModelFile& file : files) {
    models.push_back(file.info);
    ModelInfo& model = models.back();
    if (is_asked_for(model.id)) {
      model.state = ModelState::kDownloading;
    } else if (in_memory.contains(model.id)) {
      model.state = ModelState::kLoaded;
    } else if (const auto failure = failures_.find(model.id);
               failure != failures_.end() && (model.state == ModelState::kAvailable || !model.newer_version.empty())) {
      model.reason = failure->second;
    }
    if (file.checksum_pending && !checksums_pending_) {
      checksums_pending_ = true;
      changed_.notify_all();
    }
  }
  return models;
}

std::vector<std::string> ModelLibrary::awaited() const {
  const MutexLock lock(mutex_);
  std::vector<std::string> ids(waiting_.begin(), waiting_.end());
  if (current_) ids.push_back(current_->id);
  return ids;
}

/// The id behind a short name. The index is fetched where it is needed for that.
std::string ModelLibrary::id_of(std::string_view name, const std::stop_token& stop) {
  const std::vector<ModelInfo> models = list_all();
  if (std::any_of(models.begin(), models.end(), [&](const ModelInfo& model) { return model.id == name; })) {
    return std::string(name);
  }
  auto package = index_.find(name);
  if (!package && name.find_first_of("-_") != std::string_view::npos) {
    const std::string problem = index_.refresh(stop);
    package = index_.find(name);
    if (!package && !problem.empty())
      throw Error(ErrorCode::kNotFound, std::string(unknown(name).what()) + "; " + problem);
  }
  return package ? package->id : std::string(name);
}

ModelInfo ModelLibrary::info_of(std::string_view id) {
  for (ModelInfo& model : list_all()) {
    if (model.id == id) return std::move(model);
  }
  throw unknown(id);
}

bool ModelLibrary::is_asked_for(std::string_view id) const {
  return (current_ && current_->id == id) || std::find(waiting_.begin(), waiting_.end(), id) != waiting_.end();
}

ModelInfo ModelLibrary::start_download(std::string_view name) {
  const std::string id = id_of(name, {});
  const KnownModel* known = find_model(folder_.known(), id);
  const auto package = known == nullptr ? index_.find(id) : std::nullopt;
  ModelInfo model = info_of(id);
  const bool is_gone =
      model.state == ModelState::kAvailable || model.state == ModelState::kDamaged || !model.newer_version.empty();
  if (model.state == ModelState::kDownloading || (model.listed && !is_gone)) return model;
  if (known == nullptr && !package) {
    throw Error(ErrorCode::kNotFound, "the model " + model.id + " is not one that can be fetched");
  }
  if (!is_gone) {
    throw Error(ErrorCode::kConflict,
                "a file placed by hand has the name " + model.file + "; delete it first to get the published one");
  }
  if (known != nullptr) {
    require_online(*known, source_);
  } else {
    require_fetchable(*package, source_, folder_.requires_listed());
  }
  const MutexLock lock(mutex_);
  if (!is_asked_for(id)) {
    failures_.erase(model.id);
    waiting_.emplace_back(id);
    changed_.notify_all();
  }
  model.state = ModelState::kDownloading;
  model.reason.clear();
  return model;
}

ModelInfo ModelLibrary::unload(std::string_view id) {
  static_cast<void>(info_of(id));
  loaded_.unload(id);
  return info_of(id);
}

void ModelLibrary::remove(std::string_view id) {
  const ModelInfo model = info_of(id);
  const auto in_memory = loaded_.loaded();
  if (std::any_of(in_memory.begin(), in_memory.end(),
                  [&](const LoadedModel& form) { return form.key.model == id && form.in_use; })) {
    throw Error(ErrorCode::kConflict, "a job uses the model " + model.id);
  }
  bool was_asked_for = false;
  {
    const MutexLock lock(mutex_);
    was_asked_for = is_asked_for(id);
    waiting_.erase(std::remove(waiting_.begin(), waiting_.end(), id), waiting_.end());
    failures_.erase(model.id);
    if (current_ && current_->id == id) current_->stop.request_stop();
    changed_.wait(mutex_, [&]() NO_THREAD_SAFETY_ANALYSIS { return !current_ || current_->id != id; });
  }
  loaded_.unload(id);
  bool removed = folder_.remove(id);
  if (!removed && model.kind == ModelKind::kTranslation) {
    removed = folder_.packages().remove({.info = model, .path = {}});  // what is there of its download
  }
  if (!removed && !was_asked_for) {
    throw Error(ErrorCode::kNotFound, "the model " + model.id + " is not installed");
  }
  log::info("model removed", {{"model", model.id}});
}

void ModelLibrary::run(const std::stop_token& stop) {
  while (const auto task = next_task(stop)) {
    if (task->id.empty()) {
      verify(stop);
    } else {
      fetch(*task, stop);
    }
  }
}

std::optional<ModelLibrary::Download> ModelLibrary::next_task(const std::stop_token& stop) {
  const MutexLock lock(mutex_);
  const auto has_task = [this]() NO_THREAD_SAFETY_ANALYSIS { return checksums_pending_ || !waiting_.empty(); };
  if (!changed_.wait(mutex_, stop, has_task) || stop.stop_requested()) return std::nullopt;
  if (waiting_.empty()) {
    checksums_pending_ = false;
    return Download{};
  }
  current_ = Download{.id = std::move(waiting_.front()), .stop = {}};
  waiting_.pop_front();
  return current_;
}

void ModelLibrary::fetch(const Download& task, const std::stop_token& stop) {
  const std::string& id = task.id;
  std::stop_source cancel = task.stop;
  const std::stop_callback forward(stop, [&cancel] { cancel.request_stop(); });
  std::string failure;
  try {
    log::info("model download started", {{"model", id}});
    fetch_any(id, cancel.get_token());
    log::info("model installed", {{"model", id}});
  } catch (const std::exception& error) {
    failure = error.what();
    log::warning("model download ended", {{"model", id}, {"why", failure}});
  }
  {
    const MutexLock lock(mutex_);
    current_.reset();
    if (!failure.empty() && !cancel.stop_requested()) failures_[id] = failure;
  }
  changed_.notify_all();
}

void ModelLibrary::fetch_any(const std::string& id, const std::stop_token& stop) {
  const auto no_progress = [](std::uint64_t) {};
  if (const KnownModel* known = find_model(folder_.known(), id)) {
    fetch_model(*known, folder_, source_, no_progress, stop);
    return;
  }
  const auto package = index_.find(id);
  if (!package) throw unknown(id);
  fetch_package(index_.with_size(*package, stop), folder_, source_, no_progress, stop);
}

void ModelLibrary::verify(const std::stop_token& stop) {
  try {
    folder_.verify(stop);
  } catch (const std::exception& error) {
    if (!stop.stop_requested()) log::warning("model file not checked", {{"why", error.what()}});
  }
}

}  // namespace voxlate::models
