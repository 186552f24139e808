#include "app/model_files.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "app/whisper_network.h"
#include "model_file/silero_file.h"
#include "model_file/whisper_file.h"
#include "models/model_list.h"
#include "translation/language_codes.h"
#include "translation/package.h"
#include "voxlate/error.h"
#include "whisper/tokenizer.h"

namespace voxlate::app {

models::ModelFolder::Options model_folder_options(const Config& config) {
  models::ModelFolder::Options options{.folder = config.data_dir / "models",
                                       .extra_folder = config.models_dir,
                                       .require_listed = config.models_require_listed};
  options.unpack.keep_free_bytes = config.min_free_disk_bytes;
  return options;
}

models::PackageIndex::Options package_index_options(const Config& config) {
  return {.address = config.translation_index,
          .cache = config.data_dir / "models" / "index.json",
          .offline = config.models_offline};
}

std::optional<std::string> language_tag(std::string_view code) { return translation::bcp47_from_argos(code); }

models::ModelSource model_source(const Config& config) {
  models::ModelSource source{.base_url = config.models_base_url, .offline = config.models_offline, .download = {}};
  source.download.keep_free_bytes = config.min_free_disk_bytes;
  return source;
}

std::vector<std::string> downloads_at_start(const Config& config, models::ModelFolder& folder,
                                            models::PackageIndex& index) {
  std::vector<std::string> wanted;
  if (config.models_offline) return wanted;
  std::string first = config.models_default;
  if (first == "auto") first = whisper_device(config).kind == DeviceKind::kCuda ? "base" : "base-q8_0";
  bool has_whisper = first.empty();
  for (const models::ModelFile& file : list_with_packages(folder, index)) {
    const ModelInfo& model = file.info;
    has_whisper = has_whisper || (model.kind == ModelKind::kWhisper && model.usable);
    if (model.state == ModelState::kAvailable && model.downloaded_bytes > 0) wanted.push_back(model.id);
  }
  if (!has_whisper && std::ranges::find(wanted, first) == wanted.end()) wanted.push_back(first);
  return wanted;
}

models::FileFacts inspect_model_file(const std::filesystem::path& path) {
  std::optional<Error> no_whisper;
  try {
    const auto file = model_file::WhisperFile::open(path);
    const whisper::Tokenizer tokenizer(file->vocabulary(), file->dims().n_vocab);
    return {.kind = ModelKind::kWhisper,
            .quantisation = std::string(file->weight_type()),
            .n_languages = tokenizer.is_multilingual() ? tokenizer.n_languages() : 1};
  } catch (const Error& error) {
    no_whisper = error;
  }
  try {
    static_cast<void>(model_file::SileroFile::open(path));
    return {.kind = ModelKind::kVoiceActivity, .quantisation = "f32", .n_languages = 0};
  } catch (const Error&) {
    throw Error(*no_whisper);
  }
}

std::optional<models::FolderFacts> inspect_model_folder(const std::filesystem::path& folder) {
  auto facts = translation::inspect_package(folder);
  if (!facts) return std::nullopt;
  return models::FolderFacts{.source = std::move(facts->source),
                             .target = std::move(facts->target),
                             .n_languages = facts->n_languages,
                             .version = std::move(facts->version),
                             .quantisation = std::move(facts->quantisation),
                             .licence = std::move(facts->licence),
                             .non_commercial = facts->non_commercial,
                             .size_bytes = facts->size_bytes,
                             .missing = std::move(facts->missing)};
}

}  // namespace voxlate::app
