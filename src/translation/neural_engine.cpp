#include "translation/neural_engine.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "translation/language_codes.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::string_view kNamePrefix = "neural ";

bool is_language(const std::string& tag) { return !tag.empty() && tag != "mul"; }

bool is_one_pair(const InstalledModel& model) { return is_language(model.source) && is_language(model.target); }

}  // namespace

NeuralEngine::NeuralEngine(ListModels list, GetModel get, GetModel fallback)
    : list_(std::move(list)), get_(std::move(get)), fallback_(std::move(fallback)) {}

std::vector<EnginePair> NeuralEngine::pairs() const {
  std::vector<InstalledModel> models = list_();
  std::stable_sort(models.begin(), models.end(),
                   [](const InstalledModel& a, const InstalledModel& b) { return is_one_pair(a) && !is_one_pair(b); });
  const MutexLock lock(mutex_);
  if (models != models_) {
    pairs_.clear();
    for (const InstalledModel& model : models) {
      for (EnginePair& pair : pairs_of(model)) pairs_.push_back(std::move(pair));
    }
    models_ = std::move(models);
  }
  return pairs_;
}

std::size_t NeuralEngine::batch_size() const {
  constexpr std::size_t kSeveralBatches = 256;  // so that the network always has enough sentences at hand
  return kSeveralBatches;
}

std::vector<EnginePair> NeuralEngine::pairs_of(const InstalledModel& model) {
  const std::string name = std::string(kNamePrefix) + model.id;
  if (is_one_pair(model)) return {{.source = model.source, .target = model.target, .name = name}};
  std::vector<EnginePair> pairs;
  try {
    const ModelLanguages languages = read_languages(model.folder);
    for (const auto& [target, target_token] : languages.tokens) {
      if (languages.kind == LanguageTokens::kTarget) {
        if (is_language(model.source)) pairs.push_back({.source = model.source, .target = target, .name = name});
        continue;
      }
      for (const auto& [source, source_token] : languages.tokens) {
        if (base_language(source) != base_language(target))
          pairs.push_back({.source = source, .target = target, .name = name});
      }
    }
  } catch (const Error& error) {
    log::warning("a translation model cannot be used", {{"model", model.id}, {"reason", error.what()}});
  }
  return pairs;
}

std::vector<std::string> NeuralEngine::translate(std::span<const std::string> sentences, const std::string& source,
                                                 const std::string& target, std::stop_token stop) {
  const std::vector<EnginePair> pairs = this->pairs();
  const auto pair = std::find_if(pairs.begin(), pairs.end(),
                                 [&](const EnginePair& one) { return one.source == source && one.target == target; });
  if (pair == pairs.end())
    throw Error(ErrorCode::kUnsupported, "no translation model for " + source + "->" + target + " is installed");
  std::vector<std::string> texts;
  for (Translation& translation : translate_versions(sentences, *pair, std::move(stop)))
    texts.push_back(std::move(translation.versions.front().text));
  return texts;
}

std::vector<Translation> NeuralEngine::translate_versions(std::span<const std::string> sentences,
                                                          const EnginePair& pair, std::stop_token stop) {
  const std::string id = pair.name.substr(kNamePrefix.size());
  try {
    return translate_somewhere(sentences, pair, id, stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    throw Error(ErrorCode::kUnavailable, pair.name + ": " + error.what());
  }
}

std::vector<Translation> NeuralEngine::translate_somewhere(std::span<const std::string> sentences,
                                                           const EnginePair& pair, const std::string& id,
                                                           const std::stop_token& stop) {
  const NeuralModel::Request request{
      .source = pair.source, .target = pair.target, .owner = {.job = &id, .priority = Priority::kNormal, .stop = stop}};
  const auto has_fallen_back = [&] {
    const MutexLock lock(mutex_);
    const auto found = fallen_back_.find(id);
    return found != fallen_back_.end() && !found->second.expired();
  };
  if (!has_fallen_back()) {
    try {
      return get_(id, stop)->translate(sentences, request);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kOutOfMemory || !fallback_) throw;
      log::warning("not enough memory on the device: translation goes on on the CPU",
                   {{"model", id}, {"reason", error.what()}});
    }
  }
  const std::shared_ptr<const NeuralModel> model = fallback_(id, stop);
  {
    const MutexLock lock(mutex_);
    fallen_back_[id] = model;
  }
  return model->translate(sentences, request);
}

}  // namespace voxlate::translation
