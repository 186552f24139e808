#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "translation/neural_model.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

/// A translation model that can be loaded.
struct InstalledModel {
  std::string id;
  std::filesystem::path folder;
  std::string source;  ///< BCP 47; "mul" or empty: its vocabulary tells
  std::string target;

  bool operator==(const InstalledModel&) const = default;
};

/// Neural translation by the installed models, which may come and go. Models for one pair come before those for many
/// languages. Thread-safe.
class NeuralEngine final : public SentenceEngine {
 public:
  using ListModels = std::function<std::vector<InstalledModel>()>;
  /// Loads it where it is not loaded yet; throws what loading throws.
  using GetModel = std::function<std::shared_ptr<const NeuralModel>(const std::string& id, std::stop_token)>;

  /// What the functions need outlives the engine. `fallback` gives the same model where there is memory for it, when
  /// its device ran out of it, also while loading; empty: nowhere. A model that fell back stays there while it is in
  /// memory.
  NeuralEngine(ListModels list, GetModel get, GetModel fallback = {});

  /// Of the models that are here now.
  std::vector<EnginePair> pairs() const override;
  std::string notice() const override { return ""; }
  std::string kind() const override { return "neural"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kNumbers; }
  std::size_t batch_size() const override;
  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                     const std::string& target, std::stop_token stop) override;
  std::vector<Translation> translate_versions(std::span<const std::string> sentences, const EnginePair& pair,
                                              std::stop_token stop) override;

 private:
  /// The pairs of a model; those of many languages are read out of its vocabulary once.
  static std::vector<EnginePair> pairs_of(const InstalledModel& model);

  std::vector<Translation> translate_somewhere(std::span<const std::string> sentences, const EnginePair& pair,
                                               const std::string& id, const std::stop_token& stop);

  const ListModels list_;
  const GetModel get_;
  const GetModel fallback_;

  mutable Mutex mutex_;
  mutable std::vector<InstalledModel> models_ GUARDED_BY(mutex_);
  mutable std::vector<EnginePair> pairs_ GUARDED_BY(mutex_);                                // of these models
  std::map<std::string, std::weak_ptr<const NeuralModel>> fallen_back_ GUARDED_BY(mutex_);  // by id
};

}  // namespace voxlate::translation
