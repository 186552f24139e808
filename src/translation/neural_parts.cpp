#include "translation/neural_parts.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/utf8.h"
#include "model_file/ctranslate2_file.h"
#include "model_file/safetensors_file.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/net/hugging_face_config.h"
#include "translation/net/hugging_face_reader.h"
#include "translation/net/model_json.h"
#include "translation/package.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using nlohmann::json;
using std::filesystem::exists;
using std::filesystem::path;

/// A text of a JSON object; nothing where it is missing or null.
std::optional<std::string> text_at(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return std::nullopt;
  if (!found->is_string())
    throw Error(ErrorCode::kCorrupt, fmt::format("{}: expected a text, got {}", key, found->type_name()));
  return found->get<std::string>();
}

bool flag_at(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_boolean() && found->get<bool>();
}

/// Newer files have `config.json` beside them, older ones say it themselves.
void read_rules(const path& folder, const model_file::CTranslate2File& file, NeuralParts& parts) {
  std::string begin = "<s>";
  bool marks_begin = false;
  bool marks_end = false;
  parts.unknown = "<unk>";
  parts.end = "</s>";
  if (exists(folder / "config.json")) {
    const json config = read_model_json(folder / "config.json");
    if (!config.is_object()) throw Error(ErrorCode::kCorrupt, "config.json: expected an object");
    begin = text_at(config, "bos_token").value_or(begin);
    parts.end = text_at(config, "eos_token").value_or(parts.end);
    parts.unknown = text_at(config, "unk_token").value_or(parts.unknown);
    parts.start = text_at(config, "decoder_start_token").value_or(parts.end);
    marks_begin = flag_at(config, "add_source_bos");
    marks_end = flag_at(config, "add_source_eos");
    const auto epsilon = config.find("layer_norm_epsilon");
    if (epsilon != config.end() && !epsilon->is_null() && *epsilon != 1e-5)
      throw Error(ErrorCode::kUnsupported, "config.json: layer_norm_epsilon: expected 1e-05, got " + epsilon->dump());
  } else {
    marks_begin = file.number("with_source_bos").value_or(0) != 0;
    marks_end = file.number("with_source_eos").value_or(0) != 0;
    const bool starts_with_begin =
        file.number("with_target_bos").value_or(1) != 0 && file.number("user_decoder_start_tokens").value_or(0) == 0;
    parts.start = starts_with_begin ? begin : parts.end;
  }
  if (marks_begin) parts.before = begin;
  if (marks_end) parts.behind = parts.end;
}

/// Files leave the token for unknown words out when the embedding has a row for it behind all others.
std::shared_ptr<const Vocabulary> fitting(Vocabulary vocabulary, int rows, const std::string& unknown,
                                          const std::string& what) {
  if (vocabulary.size() + 1 == rows && !vocabulary.find(unknown)) {
    std::vector<std::string> tokens = vocabulary.tokens();
    tokens.push_back(unknown);
    vocabulary = Vocabulary(std::move(tokens));
  }
  if (vocabulary.size() != rows)
    throw Error(ErrorCode::kCorrupt,
                fmt::format("{} vocabulary: expected {} tokens, as many as the network has rows for, got {}", what,
                            rows, vocabulary.size()));
  return std::make_shared<const Vocabulary>(std::move(vocabulary));
}

void read_vocabularies(const path& folder, NeuralParts& parts) {
  const Network::Shape& shape = parts.network->shape();
  const auto open = [&](const std::string& name) {
    std::optional<Vocabulary> vocabulary = Vocabulary::open(folder, name + "_vocabulary");
    if (!vocabulary)
      throw Error(ErrorCode::kNotFound, fmt::format("expected {0}_vocabulary.json or .txt beside model.bin", name));
    return std::move(*vocabulary);
  };
  if (exists(folder / "shared_vocabulary.json") || exists(folder / "shared_vocabulary.txt")) {
    parts.source = fitting(open("shared"), shape.source_vocabulary, parts.unknown, "shared");
    parts.target = parts.source;
    if (shape.source_vocabulary != shape.target_vocabulary)
      throw Error(ErrorCode::kCorrupt, fmt::format("shared vocabulary: expected as many rows of the target, {}, got {}",
                                                   shape.source_vocabulary, shape.target_vocabulary));
  } else {
    parts.source = fitting(open("source"), shape.source_vocabulary, parts.unknown, "source");
    parts.target = fitting(open("target"), shape.target_vocabulary, parts.unknown, "target");
  }
}

/// Argos packages with a list of merges, not SentencePiece, say in `metadata.json` which languages its words are of.
std::shared_ptr<const Subword> read_byte_pairs(const path& place) {
  if (!exists(place / "metadata.json"))
    throw Error(ErrorCode::kNotFound, "expected metadata.json beside bpe.model, for the languages of its words");
  const json metadata = read_model_json(place / "metadata.json");
  if (!metadata.is_object()) throw Error(ErrorCode::kCorrupt, "metadata.json: expected an object");
  const std::optional<std::string> from = text_at(metadata, "from_code");
  const std::optional<std::string> to = text_at(metadata, "to_code");
  if (!from || !to)
    throw Error(ErrorCode::kCorrupt, "metadata.json: expected from_code and to_code, the languages of bpe.model");
  return open_byte_pairs(place / "bpe.model", *from, *to);
}

/// Beside the network or in the folder above it. One model for both languages, or one for each as OPUS-MT has them.
void read_words(const path& folder, const path& model_folder, NeuralParts& parts) {
  for (const path& place : {folder, model_folder}) {
    if (exists(place / "source.spm") && exists(place / "target.spm")) {
      parts.source_words = open_sentence_piece(place / "source.spm");
      parts.target_words = open_sentence_piece(place / "target.spm");
      return;
    }
    for (const char* const name : {"sentencepiece.model", "sentencepiece.bpe.model", "spiece.model"}) {
      if (!exists(place / name)) continue;
      parts.source_words = open_sentence_piece(place / name);
      parts.target_words = parts.source_words;
      return;
    }
    if (exists(place / "bpe.model")) {
      parts.source_words = read_byte_pairs(place);
      parts.target_words = parts.source_words;
      return;
    }
  }
  throw Error(ErrorCode::kNotFound,
              "expected sentencepiece.model, sentencepiece.bpe.model, source.spm with target.spm, or bpe.model with "
              "metadata.json, beside the model");
}

/// M2M100's tokens for languages, which follow those of vocab.json in this order; further ones were never used.
std::vector<std::string> with_m2m100_languages(std::vector<std::string> tokens, std::size_t rows) {
  constexpr std::string_view kLanguages =
      "af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he hi hr ht hu "
      "hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl no ns oc or pa pl ps pt ro "
      "ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi yo zh zu";
  for (std::size_t begin = 0; begin < kLanguages.size();) {
    const std::size_t end = std::min(kLanguages.find(' ', begin), kLanguages.size());
    tokens.push_back(fmt::format("__{}__", kLanguages.substr(begin, end - begin)));
    begin = end + 1;
  }
  for (std::size_t i = 0; tokens.size() < rows && i < rows; ++i) tokens.push_back(fmt::format("madeupword{:04}", i));
  return tokens;
}

Vocabulary open_hugging_face_vocabulary(const path& folder, bool is_m2m100, std::size_t rows) {
  if (!exists(folder / "vocab.json")) {
    if (exists(folder / "tokenizer.json")) return Vocabulary::open_tokeniser(folder / "tokenizer.json");
    throw Error(ErrorCode::kNotFound, "expected vocab.json or tokenizer.json beside model.safetensors");
  }
  Vocabulary listed = Vocabulary::open_ids(folder / "vocab.json");
  if (!is_m2m100 || listed.find("__en__")) return listed;
  return Vocabulary(with_m2m100_languages(listed.tokens(), rows));
}

void read_hugging_face(const path& folder, const NetworkBuilder& build, NeuralParts& parts) {
  const path weights = find_hugging_face_weights(folder);
  const path config = folder / "config.json";
  const auto file = model_file::SafetensorsFile::open(weights);
  parts.network = build(HuggingFaceReader(file, config));
  const bool is_m2m100 = read_hugging_face_config(config).family == HuggingFaceConfig::Family::kM2m100;
  const auto rows = static_cast<std::size_t>(parts.network->shape().target_vocabulary);
  parts.unknown = "<unk>";
  parts.end = "</s>";
  parts.behind = parts.end;
  parts.start = is_m2m100 ? parts.end : "<pad>";
  if (!is_m2m100) parts.never = "<pad>";
  parts.target =
      fitting(open_hugging_face_vocabulary(folder, is_m2m100, rows), static_cast<int>(rows), parts.unknown, "shared");
  parts.source = parts.target;
  if (parts.network->shape().source_vocabulary != parts.target->size())
    throw Error(ErrorCode::kUnsupported, "expected one vocabulary for source and target, got two");
}

void read_ctranslate2(const path& folder, const NetworkBuilder& build, NeuralParts& parts) {
  const auto file = model_file::CTranslate2File::open(folder / "model.bin");
  read_rules(folder, *file, parts);
  parts.network = build(CTranslate2Reader(*file));
  read_vocabularies(folder, parts);
}

}  // namespace

ModelLanguages read_languages(const path& folder) {
  for (const char* const name : {"shared_vocabulary", "target_vocabulary"}) {
    if (const auto vocabulary = Vocabulary::open(model_folder_of(folder), name)) return languages_of(*vocabulary);
  }
  if (!exists(folder / "vocab.json") && !exists(folder / "tokenizer.json")) return {};
  const bool is_m2m100 = read_hugging_face_config(folder / "config.json").family == HuggingFaceConfig::Family::kM2m100;
  return languages_of(open_hugging_face_vocabulary(folder, is_m2m100, 0));
}

NeuralParts read_neural_parts(const path& folder, const NetworkBuilder& build) {
  const path model_folder = model_folder_of(folder);
  NeuralParts parts;
  if (exists(model_folder / "model.bin"))
    read_ctranslate2(model_folder, build, parts);
  else
    read_hugging_face(folder, build, parts);
  read_words(folder, model_folder, parts);
  parts.languages = languages_of(*parts.target);
  // The tokenisers of Marian, M2M100 and NLLB end sentences, not what CTranslate2 makes of their files.
  if (parts.languages.kind != LanguageTokens::kNone || parts.source_words != parts.target_words)
    parts.behind = parts.end;
  if (exists(folder / "metadata.json"))
    parts.prefix = text_at(read_model_json(folder / "metadata.json"), "target_prefix").value_or("");
  return parts;
}

}  // namespace voxlate::translation
