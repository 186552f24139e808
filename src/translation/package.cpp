#include "translation/package.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <system_error>

#include "base/utf8.h"
#include "model_file/ctranslate2_file.h"
#include "model_file/safetensors_file.h"
#include "translation/language_codes.h"
#include "translation/licence.h"
#include "translation/model_languages.h"
#include "translation/net/model_json.h"
#include "translation/vocabulary.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using Json = nlohmann::json;
using std::filesystem::path;

constexpr std::uint64_t kMaxJsonBytes = std::uint64_t{1} << 20U;
constexpr int kManyLanguages = 50;  // no pair of languages has as many language tokens
constexpr std::size_t kLongestText = 64;
constexpr std::size_t kMostFiles = 1000;
constexpr const char* kMany = "mul";
constexpr const char* kNoPair = "a metadata.json with from_code and to_code, since nothing here names its languages";

bool is_file(const path& file) {
  std::error_code absent;
  return std::filesystem::is_regular_file(file, absent);
}

/// The object in a JSON file; an empty one when there is no such file.
Json read_object(const path& file) {
  if (!is_file(file)) return Json::object();
  Json document = read_model_json(file, kMaxJsonBytes);
  if (!document.is_object()) {
    throw Error(ErrorCode::kCorrupt, file.filename().string() + ": expected a JSON object");
  }
  return document;
}

/// The text under `key`; empty when there is none.
std::string text_of(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  return std::string(truncate_utf8(found->get_ref<const std::string&>(), kLongestText));
}

/// The tag of a code of `file`; empty where it has none.
std::string tag_of(const Json& object, const char* key, std::string_view file) {
  const std::string code = text_of(object, key);
  if (code.empty()) return {};
  if (auto tag = bcp47_from_argos(code)) return *std::move(tag);
  throw Error(ErrorCode::kCorrupt, fmt::format("{}: {}: expected a language code, got \"{}\"", file, key, code));
}

std::uint64_t size_of_files(const path& folder) {
  std::uint64_t size_bytes = 0;
  std::size_t count = 0;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end && count < kMostFiles;
       entry.increment(error), ++count) {
    std::error_code unknown;
    const std::uint64_t bytes = entry->is_regular_file(unknown) ? entry->file_size(unknown) : 0;
    if (!unknown) size_bytes += bytes;
  }
  return size_bytes;
}

template <std::size_t kCount>
bool has_any(const path& folder, const std::array<const char*, kCount>& names) {
  return std::any_of(names.begin(), names.end(), [&](const char* name) { return is_file(folder / name); });
}

bool has_tokeniser(const path& folder) {
  constexpr std::array kNames = {"sentencepiece.model", "bpe.model", "source.spm", "sentencepiece.bpe.model"};
  return has_any(folder, kNames);
}

/// "shared_vocabulary.json", or with a side ("source", "target") if there is no shared one; empty: there is none.
path vocabulary_of(const path& folder, std::string_view side) {
  for (const std::string_view name : {std::string_view("shared"), side}) {
    for (const char* extension : {".json", ".txt"}) {
      path file = folder / fmt::format("{}_vocabulary{}", name, extension);
      if (is_file(file)) return file;
    }
  }
  return {};
}

ModelLanguages check_vocabulary(const path& folder, std::string_view side, const model_file::TensorView& embeddings) {
  const std::string unknown = text_of(read_object(folder / "config.json"), "unk_token");
  const path file = vocabulary_of(folder, side);
  if (file.empty()) {
    throw Error(ErrorCode::kCorrupt, fmt::format("expected shared_vocabulary.json or {}_vocabulary.json (or .txt) "
                                                 "beside model.bin, got none",
                                                 side));
  }
  const std::optional<Vocabulary> vocabulary = Vocabulary::open(folder, file.stem().string());
  // CTranslate2 adds the unknown token to a vocabulary without it.
  const int tokens = vocabulary->size() + (vocabulary->find(unknown.empty() ? "<unk>" : unknown) ? 0 : 1);
  if (embeddings.shape.size() != 2 || std::cmp_not_equal(embeddings.shape[0], tokens)) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{}: expected the {} tokens that model.bin has embeddings for, got {}",
                            file.filename().string(), embeddings.shape.empty() ? 0 : embeddings.shape[0], tokens));
  }
  return languages_of(*vocabulary);
}

/// Null: there is none. Newer converters number the embeddings of several inputs.
const model_file::TensorView* embeddings_of(const model_file::CTranslate2File& file, const std::string& side) {
  const auto* const embeddings = file.find(side + "/embeddings/weight");
  return embeddings != nullptr ? embeddings : file.find(side + "/embeddings_0/weight");
}

std::string weight_type(const model_file::CTranslate2File& file) {
  const auto* weight = file.find("encoder/layer_0/self_attention/linear_0/weight");
  if (weight == nullptr) weight = embeddings_of(file, "encoder");
  switch (weight->type) {
    case model_file::ElementType::kI8: return "int8";
    case model_file::ElementType::kI16: return "int16";
    default: return std::string(to_string(weight->type));
  }
}

void set_many(PackageFacts& facts, int n_languages, bool is_nllb) {
  facts.source = facts.target = kMany;
  facts.n_languages = n_languages;
  if (!is_nllb) return;
  // All of NLLB-200 is published under this one.
  facts.non_commercial = true;
  if (facts.licence.empty()) facts.licence = "CC-BY-NC 4.0";
}

/// Adds to what has to be put there.
void lacks(PackageFacts& facts, const std::string& what) {
  facts.missing += (facts.missing.empty() ? "it lacks " : "; ") + what;
}

/// What the documents beside a model say of it.
PackageFacts facts_beside(const path& folder, const path& model_folder) {
  PackageFacts facts;
  const Json metadata = read_object(folder / "metadata.json");
  facts.source = tag_of(metadata, "from_code", "metadata.json");
  facts.target = tag_of(metadata, "to_code", "metadata.json");
  facts.version = text_of(metadata, "package_version");
  if (facts.source.empty() || facts.target.empty()) {
    const Json tokeniser = read_object(model_folder / "tokenizer_config.json");
    const std::string source = text_of(tokeniser, "source_lang");
    const std::string target = text_of(tokeniser, "target_lang");
    facts.source = bcp47_from_argos(source).value_or("");
    facts.target = bcp47_from_argos(target).value_or("");
  }
  if (facts.source.empty() || facts.target.empty()) facts.source = facts.target = "";
  facts.n_languages = facts.source.empty() ? 0 : 2;
  const Licence licence = licence_of_folder(folder);
  facts.licence = licence.name;
  facts.non_commercial = licence.non_commercial;
  facts.size_bytes = size_of_files(folder) + (model_folder == folder ? 0 : size_of_files(model_folder));
  return facts;
}

std::optional<PackageFacts> inspect_ctranslate2(const path& folder, const path& model_folder) {
  const auto file = model_file::CTranslate2File::open(model_folder / "model.bin");
  const auto* const source = embeddings_of(*file, "encoder");
  const auto* const target = embeddings_of(*file, "decoder");
  if (source == nullptr || target == nullptr) return std::nullopt;
  PackageFacts facts = facts_beside(folder, model_folder);
  const ModelLanguages languages = check_vocabulary(model_folder, "source", *source);
  check_vocabulary(model_folder, "target", *target);
  facts.quantisation = weight_type(*file);
  if (facts.source.empty()) {
    const auto n_languages = static_cast<int>(languages.tokens.size());
    if (languages.kind == LanguageTokens::kBoth && n_languages >= kManyLanguages)
      set_many(facts, n_languages, languages.is_nllb);
  }
  if (facts.source.empty()) lacks(facts, kNoPair);
  if (!has_tokeniser(folder) && !has_tokeniser(model_folder)) {
    lacks(facts, "the tokeniser: sentencepiece.model, bpe.model, source.spm or sentencepiece.bpe.model");
  }
  return facts;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

/// The embeddings that encoder and decoder share.
const model_file::SafetensorsRecord& shared_embeddings(const model_file::SafetensorsFile& file) {
  for (const model_file::SafetensorsRecord& record : file.records()) {
    if (record.name == "model.shared.weight" && record.shape.size() == 2) return record;
  }
  throw Error(ErrorCode::kCorrupt, "model.safetensors: expected the matrix model.shared.weight, got none");
}

std::optional<PackageFacts> inspect_safetensors(const path& folder) {
  constexpr std::int64_t kNllbTokens = 200'000;  // NLLB-200 has 256206, M2M100 128112
  constexpr int kNllbLanguages = 202;
  constexpr int kM2mLanguages = 100;
  const Json config = read_object(folder / "config.json");
  const std::string family = text_of(config, "model_type");
  if (family != "marian" && family != "m2m_100") return std::nullopt;
  const auto file = model_file::SafetensorsFile::open(folder / "model.safetensors");
  const model_file::SafetensorsRecord& embeddings = shared_embeddings(file);
  const auto declared = config.find("vocab_size");
  if (declared != config.end() && *declared != embeddings.shape[0]) {
    throw Error(ErrorCode::kCorrupt,
                fmt::format("config.json: vocab_size: expected the {} tokens that model.safetensors has embeddings "
                            "for, got {}",
                            embeddings.shape[0], declared->dump(-1, ' ', true, Json::error_handler_t::replace)));
  }
  PackageFacts facts = facts_beside(folder, folder);
  facts.quantisation = lower(embeddings.dtype);
  const bool is_nllb = embeddings.shape[0] > kNllbTokens;
  if (family == "m2m_100") set_many(facts, is_nllb ? kNllbLanguages : kM2mLanguages, is_nllb);
  if (facts.source.empty()) lacks(facts, kNoPair);
  if (!has_tokeniser(folder)) lacks(facts, "the tokeniser: source.spm and target.spm, or sentencepiece.bpe.model");
  return facts;
}

}  // namespace

path model_folder_of(const path& folder) { return is_file(folder / "model" / "model.bin") ? folder / "model" : folder; }

std::optional<PackageFacts> inspect_package(const path& folder) {
  const path model_folder = model_folder_of(folder);
  const bool is_package = is_file(folder / "metadata.json");
  if (is_file(model_folder / "model.bin")) {
    const bool is_ours = is_package || !vocabulary_of(model_folder, "source").empty();
    std::optional<PackageFacts> facts;
    try {
      facts = inspect_ctranslate2(folder, model_folder);
    } catch (const Error&) {
      if (is_ours) throw;  // else it is some other program's model.bin
    }
    if (!facts && is_package) {
      throw Error(ErrorCode::kCorrupt, "model.bin: expected the embeddings of an encoder and a decoder");
    }
    return facts;
  }
  if (is_file(folder / "model.safetensors")) return inspect_safetensors(folder);
  if (!text_of(read_object(folder / "metadata.json"), "from_code").empty()) {
    throw Error(ErrorCode::kCorrupt, "expected model/model.bin beside metadata.json, got none");
  }
  return std::nullopt;
}

}  // namespace voxlate::translation
