#include "translation/neural_parts.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "base/utf8.h"
#include "model_file/ctranslate2_file.h"
#include "translation/model_json.h"
#include "translation/net/ctranslate2_reader.h"
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

}  // namespace

NeuralParts read_neural_parts(const path& folder, nn::Compute& compute, ComputeType type) {
  const path model_folder = exists(folder / "model" / "model.bin") ? folder / "model" : folder;
  if (!exists(model_folder / "model.bin"))
    throw Error(ErrorCode::kNotFound,
                fmt::format("{}: expected model.bin in it", repair_utf8(folder.filename().string())));
  NeuralParts parts;
  const auto file = model_file::CTranslate2File::open(model_folder / "model.bin");
  read_rules(model_folder, *file, parts);
  parts.network = Network::build(CTranslate2Reader(*file), compute, type);
  read_vocabularies(model_folder, parts);
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
