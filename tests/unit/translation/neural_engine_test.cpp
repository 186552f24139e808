// NeuralModel and NeuralEngine over the packages of tests/data/test_translate, as they are unpacked by the server.

#include "translation/neural_engine.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/translation/net/small_model.h"
#include "tests/unit/translation/package_writer.h"
#include "tests/unit/translation/test_packages.h"
#include "translation/neural_model.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;
using Texts = std::vector<std::string>;

constexpr std::uint64_t kMostBytes = 16 << 20;

std::filesystem::path test_data() { return std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/data"; }

Texts columns_of(const std::string& line) {
  std::istringstream text(line);
  Texts columns;
  for (std::string column; std::getline(text, column, '\t');) columns.push_back(column);
  return columns;
}

/// The lines below the names of the columns.
std::vector<Texts> read_tsv(const std::filesystem::path& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  std::vector<Texts> rows;
  while (std::getline(file, line)) rows.push_back(columns_of(line));
  return rows;
}

/// Of sentences.tsv the lines of words in any order: all of them are of the list, without marks and capitals.
std::vector<Texts> word_sequences() {
  std::map<std::string, bool> listed;
  for (const Texts& row : read_tsv(test_data() / "test_words/words.tsv")) listed[row.at(0)] = true;
  std::vector<Texts> sequences;
  for (Texts& row : read_tsv(test_data() / "test_translate/sentences.tsv")) {
    std::istringstream words(row.at(0));
    bool all_listed = true;
    for (std::string word; words >> word;) all_listed = all_listed && listed.count(word) > 0;
    if (all_listed) sequences.push_back(std::move(row));
  }
  return sequences;
}

/// A folder of its own for each test, into which packages are unpacked.
class NeuralTest : public ::testing::Test {
 protected:
  std::filesystem::path unpacked(const std::string& target) { return unpack_test_package(folder_.path(), target); }

  /// With the search that the server has.
  std::shared_ptr<const NeuralModel> load(const std::filesystem::path& folder, ComputeType type = ComputeType::kFloat32,
                                          int beam_size = 4) {
    NeuralModel::Options options;
    options.search.beam_size = beam_size;
    options.search.n_best = beam_size;
    return NeuralModel::load(folder, Computing{.type = type}.builder(compute_), options);
  }

  /// What loading throws.
  Error failure_of(const std::filesystem::path& folder) {
    try {
      load(folder);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  static Texts translate(const NeuralModel& model, const Texts& sentences, const std::string& target) {
    Texts texts;
    for (const Translation& translation : model.translate(sentences, {.source = "en", .target = target, .owner = {}}))
      texts.push_back(translation.versions.front().text);
    return texts;
  }

  const TemporaryFolder folder_;
  nn::Compute compute_{2};
};

struct Setting {
  std::string target;
  ComputeType type = ComputeType::kFloat32;
  int beam_size = 1;
  double least_exact = 0.95;
};

void PrintTo(const Setting& setting, std::ostream* out) {
  *out << setting.target << " " << to_string(setting.type) << " beam " << setting.beam_size;
}

std::vector<Setting> all_settings() {
  std::vector<Setting> all;
  for (const std::string target : {"es", "th"}) {
    for (const ComputeType type : {ComputeType::kFloat32, ComputeType::kInt8}) {
      all.push_back({.target = target, .type = type, .beam_size = 1, .least_exact = 0.95});
      all.push_back({.target = target, .type = type, .beam_size = 4, .least_exact = 0.9});
    }
  }
  return all;
}

class WordSequences : public NeuralTest, public ::testing::WithParamInterface<Setting> {};

TEST_P(WordSequences, AreTranslatedExactly) {
  const Setting& setting = GetParam();
  const std::vector<Texts> sequences = word_sequences();
  ASSERT_EQ(sequences.size(), 66U) << "as the README says";
  const auto model = load(unpacked(setting.target), setting.type, setting.beam_size);
  Texts sentences;
  for (const Texts& row : sequences) sentences.push_back(row.at(0));
  const Texts got = translate(*model, sentences, setting.target);
  std::size_t exact = 0;
  std::string wrong;
  for (std::size_t i = 0; i < sequences.size(); ++i) {
    const std::string& expected = sequences[i].at(setting.target == "es" ? 1 : 2);
    if (got[i] == expected)
      ++exact;
    else
      wrong += fmt::format("{}: {}, expected {}\n", sentences[i], got[i], expected);
  }
  RecordProperty("exact", static_cast<int>(exact));
  EXPECT_GE(static_cast<double>(exact), setting.least_exact * static_cast<double>(sequences.size())) << wrong;
}

INSTANTIATE_TEST_SUITE_P(Neural, WordSequences, ::testing::ValuesIn(all_settings()), [](const auto& tested) {
  return fmt::format("{}_{}_beam_{}", tested.param.target, to_string(tested.param.type), tested.param.beam_size);
});

TEST_F(NeuralTest, WhatASentenceGivesDoesNotDependOnItsCompany) {
  const auto model = load(unpacked("th"));
  Texts sentences;
  for (const Texts& row : word_sequences()) sentences.push_back(row.at(0));
  const Texts together = translate(*model, sentences, "th");
  for (std::size_t i = 0; i < sentences.size(); i += 7)
    EXPECT_THAT(translate(*model, {sentences[i]}, "th"), ElementsAre(together[i])) << sentences[i];
}

TEST_F(NeuralTest, EmptySentencesStayEmpty) {
  const auto model = load(unpacked("es"));
  EXPECT_THAT(translate(*model, {"", "water", " "}, "es"), ElementsAre("", "agua", ""));
  EXPECT_THAT(translate(*model, {}, "es"), ElementsAre());
}

TEST_F(NeuralTest, UnknownWordsAreCopied) {
  const Texts sentences{"♪ yesterday water ♪", "water 你 kitchen", "window Ω street"};
  EXPECT_THAT(translate(*load(unpacked("es")), sentences, "es"),
              ElementsAre("♪ ayer agua ♪", "agua 你 cocina", "ventana Ω calle"));
  EXPECT_THAT(translate(*load(unpacked("th")), {"♪ yesterday water ♪"}, "th"), ElementsAre("♪ เมื่อวานน้ำ ♪"));
}

TEST_F(NeuralTest, ASentenceBeyondTheContextGoesInParts) {
  std::string sentence;
  for (int i = 0; i < 600; ++i) sentence += i % 2 == 0 ? "water " : "kitchen ";
  const auto model = load(unpacked("es"));  // of 512 positions
  const std::vector<Translation> got =
      model->translate(Texts{sentence, "yesterday"}, {.source = "en", .target = "es", .owner = {}});
  EXPECT_EQ(got.at(0).versions.size(), 1U);
  EXPECT_THAT(got.at(0).versions.at(0).text, StartsWith("agua cocina "));
  EXPECT_EQ(got.at(1).versions.at(0).text, "ayer");
}

/// What is wrong with a folder is said with the name of the file, and before anything is computed with it.
class BrokenPackage : public NeuralTest {};

TEST_F(BrokenPackage, VocabularyOfAnotherSize) {
  const std::filesystem::path file = unpacked("es") / "model/shared_vocabulary.json";
  nlohmann::json tokens = nlohmann::json::parse(read_file(file, kMostBytes));
  const std::size_t size = tokens.size();
  tokens.push_back("more");
  write_file(file, tokens.dump());
  const Error more = failure_of(unpacked("es"));
  EXPECT_EQ(more.code(), ErrorCode::kCorrupt);
  EXPECT_EQ(more.what(),
            fmt::format("shared vocabulary: expected {} tokens, as many as the network has rows for, got {}", size,
                        size + 1));
  tokens.erase(tokens.end() - 2, tokens.end());
  write_file(file, tokens.dump());
  EXPECT_THAT(failure_of(unpacked("es")).what(), EndsWith(fmt::format("got {}", size - 1)));
}

TEST_F(BrokenPackage, VocabularyOfTheTargetIsMissing) {
  std::filesystem::remove(unpacked("th") / "model/target_vocabulary.json");
  const Error error = failure_of(unpacked("th"));
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("target_vocabulary.json"));
}

TEST_F(BrokenPackage, NoTokeniser) {
  std::filesystem::remove(unpacked("es") / "sentencepiece.model");
  const Error error = failure_of(unpacked("es"));
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("expected sentencepiece.model"));
}

TEST_F(BrokenPackage, TokeniserThatIsNone) {
  write_file(unpacked("es") / "sentencepiece.model", "spm");
  const Error error = failure_of(unpacked("es"));
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("sentencepiece.model"));
}

TEST_F(BrokenPackage, NoWeights) {
  std::filesystem::remove(unpacked("es") / "model/model.bin");
  const Error error = failure_of(unpacked("es"));
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("model.bin"));
}

TEST_F(BrokenPackage, WeightsThatWereCut) {
  constexpr std::uintmax_t kPage = 4096;
  for (const std::string target : {"es", "th"}) {
    const std::filesystem::path file = unpacked(target) / "model/model.bin";
    std::uintmax_t size = std::filesystem::file_size(file);
    while (size > 0) {
      size -= size % kPage == 0 ? kPage : size % kPage;
      std::filesystem::resize_file(file, size);
      const Error error = failure_of(unpacked(target));
      ASSERT_EQ(error.code(), ErrorCode::kCorrupt) << size << " bytes: " << error.what();
      ASSERT_THAT(error.what(), HasSubstr("model.bin")) << size << " bytes";
    }
  }
}

/// A network of random weights for many languages, with a vocabulary that was made up.
class ManyLanguages : public NeuralTest {
 protected:
  std::filesystem::path made_up(const Texts& language_tokens) {
    std::filesystem::path folder = folder_ / "many";
    Texts tokens{"<unk>", "<s>", "</s>"};
    tokens.insert(tokens.end(), language_tokens.begin(), language_tokens.end());
    const std::size_t size = tokens.size() + 20;
    while (tokens.size() < size) tokens.push_back(fmt::format("piece{}", tokens.size()));
    ModelKind kind;
    kind.source_vocabulary = kind.target_vocabulary = static_cast<int>(size);
    write_file(folder / "model.bin", write_ctranslate2(make_small_model(kind).file));
    write_file(folder / "shared_vocabulary.json", nlohmann::json(tokens).dump());
    std::filesystem::copy_file(unpacked("es") / "sentencepiece.model", folder / "sentencepiece.model",
                               std::filesystem::copy_options::overwrite_existing);
    return folder;
  }
};

TEST_F(ManyLanguages, AreThoseOfTheVocabulary) {
  const std::filesystem::path folder = made_up({"__en__", "__es__", "__th__"});
  std::shared_ptr<const NeuralModel> model = load(folder);
  const ModelLanguages& languages = model->languages();
  EXPECT_EQ(languages.kind, LanguageTokens::kBoth);
  EXPECT_EQ(languages.tokens,
            (std::map<std::string, std::string>{{"en", "__en__"}, {"es", "__es__"}, {"th", "__th__"}}));
  NeuralEngine engine(
      [&] {
        return std::vector<InstalledModel>{{"many", folder, "mul", "mul"}};
      },
      [&](const std::string&, std::stop_token) { return model; });
  Texts pairs;
  for (const EnginePair& pair : engine.pairs()) pairs.push_back(pair.source + ">" + pair.target + " " + pair.name);
  EXPECT_THAT(pairs, testing::UnorderedElementsAre("en>es neural many", "en>th neural many", "es>en neural many",
                                                   "es>th neural many", "th>en neural many", "th>es neural many"));
  EXPECT_EQ(engine.translate(Texts{"water"}, "th", "es", {}).size(), 1U);
}

TEST_F(ManyLanguages, OthersAreRefused) {
  const auto model = load(made_up({"eng_Latn", "spa_Latn", "tha_Thai"}));
  try {
    model->translate(Texts{"water"}, {.source = "en", .target = "ja", .owner = {}});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_STREQ(error.what(), "the translation model does not know \"ja\"");
  }
}

/// The engine over packages that a test can take away, and the router over it.
class Engine : public NeuralTest {
 protected:
  std::vector<InstalledModel> installed() const {
    std::vector<InstalledModel> models;
    for (const std::string target : {"es", "th"}) {
      const std::string id = "translate-test_en_" + target;
      if (std::filesystem::exists(folder_ / id))
        models.push_back({.id = id, .folder = folder_ / id, .source = "en", .target = target});
    }
    return models;
  }

  std::unique_ptr<NeuralEngine> make_engine() {
    return std::make_unique<NeuralEngine>([this] { return installed(); },
                                          [this](const std::string& id, std::stop_token) {
                                            std::shared_ptr<const NeuralModel>& model = loaded_[id];
                                            if (!model) model = load(folder_ / id);
                                            return model;
                                          });
  }

  static Error failure_with(NeuralEngine& engine, const EnginePair& pair) {
    try {
      engine.translate_versions(Texts{"water"}, pair, {});
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  std::map<std::string, std::shared_ptr<const NeuralModel>> loaded_;
};

TEST_F(Engine, ModelsThatVanishAreUnavailable) {
  unpacked("es");
  unpacked("th");
  const auto engine = make_engine();
  const std::vector<EnginePair> pairs = engine->pairs();
  ASSERT_EQ(pairs.size(), 2U);
  EXPECT_THAT(engine->translate(Texts{"water"}, "en", "es", {}), ElementsAre("agua"));
  std::filesystem::remove_all(unpacked("es"));
  std::filesystem::remove_all(unpacked("th"));
  EXPECT_THAT(engine->translate_versions(Texts{"door"}, pairs[0], {}).at(0).versions.front().text, "puerta")
      << "it is in memory";
  loaded_.clear();
  for (const EnginePair& pair : pairs) {
    const Error error = failure_with(*engine, pair);
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), StartsWith(pair.name + ": "));
  }
  EXPECT_TRUE(engine->pairs().empty());
  try {
    engine->translate(Texts{"water"}, "en", "es", {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST_F(Engine, StopsWhenAskedAndOthersGoOn) {
  unpacked("es");
  const auto engine = make_engine();
  engine->translate(Texts{"water"}, "en", "es", {});  // loads it
  std::stop_source stop;
  ErrorCode code = ErrorCode::kInternal;
  {
    const std::jthread long_job([&] {
      const Texts many(20'000, "yesterday water kitchen door");
      try {
        engine->translate(many, "en", "es", stop.get_token());
      } catch (const Error& error) {
        code = error.code();
      }
    });
    EXPECT_THAT(engine->translate(Texts{"night"}, "en", "es", {}), ElementsAre("noche"));
    stop.request_stop();
  }
  EXPECT_EQ(code, ErrorCode::kCancelled);
  EXPECT_THAT(engine->translate(Texts{"milk"}, "en", "es", {}), ElementsAre("leche"));
}

}  // namespace
}  // namespace voxlate::translation
