#pragma once

#include <deque>
#include <map>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "models/fetch_model.h"
#include "models/loaded_models.h"
#include "models/model_folder.h"
#include "models/package_index.h"
#include "voxlate/model_store.h"

namespace voxlate::models {

/// The models of the server: folder, downloads and memory as one list. Downloads run one after another on one thread
/// of the library's own, which also reads pending checksums: they outlive the request that asked for them, wait on
/// the network for minutes, and belong to no job. Thread-safe. The destructor stops a download under way; what came
/// of it is kept.
class ModelLibrary final : public ModelStore {
 public:
  /// Begins by downloading `wanted`; what cannot be had of it is logged. Borrows the others.
  /// Throws `kInvalidInput` when the base URL cannot be used.
  ModelLibrary(ModelSource source, ModelFolder& folder, PackageIndex& index, LoadedModels& loaded,
               const std::vector<std::string>& wanted = {});

  std::vector<ModelInfo> list() override;
  ModelOffer list_offered(std::stop_token stop) override;
  ModelInfo look_up(std::string_view id, std::stop_token stop) override;
  std::vector<std::string> awaited() const override;
  ModelInfo start_download(std::string_view id) override;
  ModelInfo unload(std::string_view id) override;
  void remove(std::string_view id) override;

  /// Has archives unpacked and checksums read of what was put into the folder meanwhile, on the library's thread.
  void look_again();

 private:
  struct Download {
    std::string id;
    std::stop_source stop;
  };

  void run(const std::stop_token& stop);
  /// The next thing to do: a download, or (without an id) the pending checksums. Waits for it.
  std::optional<Download> next_task(const std::stop_token& stop);
  void fetch(const Download& task, const std::stop_token& stop);
  void fetch_any(const std::string& id, const std::stop_token& stop);
  void verify(const std::stop_token& stop);
  std::vector<ModelInfo> list_all();
  std::string id_of(std::string_view name, const std::stop_token& stop);
  ModelInfo info_of(std::string_view id);
  bool is_asked_for(std::string_view id) const REQUIRES(mutex_);

  const ModelSource source_;
  ModelFolder& folder_;
  PackageIndex& index_;
  LoadedModels& loaded_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<std::string> waiting_ GUARDED_BY(mutex_);
  std::optional<Download> current_ GUARDED_BY(mutex_);
  std::map<std::string, std::string, std::less<>> failures_ GUARDED_BY(mutex_);  // id -> why the last download failed
  bool checksums_pending_ GUARDED_BY(mutex_) = true;

  std::jthread thread_;
};

}  // namespace voxlate::models
