// A trained network, as converters wrote it: what CTranslate2 says with it (tests/data/aren), we say too.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "nn/compute.h"
#include "tests/unit/shared_data.h"
#include "tests/unit/translation/net/computing.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/sentence_batcher.h"
#include "translation/vocabulary.h"

namespace voxlate::translation {
namespace {

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

Vocabulary vocabulary_of(const std::filesystem::path& folder, const std::string& name) {
  std::vector<std::string> tokens = Vocabulary::open(folder, name).value().tokens();
  tokens.emplace_back("<unk>");  // which the file leaves out and the embedding has
  return Vocabulary(std::move(tokens));
}

class Aren {
 public:
  Aren(const std::filesystem::path& folder, const Computing& computing)
      : network_(
            computing.build(CTranslate2Reader(*model_file::CTranslate2File::open(folder / "model.bin")), compute_)),
        source_(vocabulary_of(folder, "source_vocabulary")),
        target_(vocabulary_of(folder, "target_vocabulary")),
        batcher_(*network_, {}) {}

  const Network::Shape& shape() const { return network_->shape(); }
  int source_size() const { return source_.size(); }
  int target_size() const { return target_.size(); }

  std::future<SentenceBatcher::Result> submit(const std::string& letters, int beam) {
    SentenceBatcher::Request request{.prompt = {*target_.find("<s>")}, .end = *target_.find("</s>")};
    for (const std::string& letter : split(letters, ' '))
      request.tokens.push_back(source_.find(letter).value_or(source_.size() - 1));
    request.search.beam_size = beam;
    return batcher_.submit(std::move(request), {});
  }

  std::string text(const Hypothesis& hypothesis) const {
    std::string text;
    for (const int token : hypothesis.tokens) text += (text.empty() ? "" : " ") + target_.token(token);
    return text;
  }

 private:
  nn::Compute compute_{2};
  const std::shared_ptr<const Network> network_;
  const Vocabulary source_;
  const Vocabulary target_;
  SentenceBatcher batcher_;
};

std::filesystem::path models() { return shared_folder() / "models/ct2_aren_transliteration"; }

class ArenFiles : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (!std::filesystem::is_directory(models())) GTEST_SKIP() << "../shared/models is not beside this repository";
  }
};

TEST_P(ArenFiles, TransliterateAWord) {
  for (const Computing& computing :
       ways_of_computing({ComputeType::kAuto, ComputeType::kFloat32, ComputeType::kInt8})) {
    Aren aren(models() / GetParam(), computing);
    EXPECT_EQ(aren.shape().source_vocabulary, aren.source_size());
    EXPECT_EQ(aren.shape().target_vocabulary, aren.target_size());
    for (const int beam : {1, 4}) {
      const SentenceBatcher::Result result = aren.submit("آ ت ز م و ن", beam).get();
      EXPECT_EQ(aren.text(result[0].hypothesis), "a t z m o n") << name_of(computing);
      EXPECT_EQ(result[0].hypothesis.ending, Ending::kEnd);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, ArenFiles,
                         testing::Values("aren-transliteration", "aren-transliteration-i8", "aren-transliteration-i16"),
                         [](const auto& suite) { return "Model" + std::to_string(suite.index); });

class ArenTranslations : public testing::TestWithParam<Computing> {};

TEST_P(ArenTranslations, AreWhatCTranslate2Says) {
  if (!std::filesystem::is_directory(models())) GTEST_SKIP() << "../shared/models is not beside this repository";
  std::ifstream file(VOXLATE_SOURCE_DIR "/tests/data/aren/translations.tsv");
  Aren aren(models() / "aren-transliteration", GetParam());
  struct Expected {
    std::string text;
    double score;
    std::future<SentenceBatcher::Result> got;
  };
  std::vector<Expected> all;
  for (std::string line; std::getline(file, line);) {
    const std::vector<std::string> fields = split(line, '\t');
    ASSERT_EQ(fields.size(), 5U) << line;
    all.push_back({fields[1], std::stod(fields[2]), aren.submit(fields[0], 1)});
    all.push_back({fields[3], std::stod(fields[4]), aren.submit(fields[0], 4)});
  }
  EXPECT_EQ(all.size(), 80U);
  for (Expected& expected : all) {
    const Hypothesis got = expected.got.get().at(0).hypothesis;
    EXPECT_EQ(aren.text(got), expected.text);
    EXPECT_NEAR(got.score, expected.score, 1e-4) << expected.text;
  }
}

INSTANTIATE_TEST_SUITE_P(Ways, ArenTranslations, testing::ValuesIn(ways_of_computing({ComputeType::kFloat32})),
                         [](const auto& suite) { return name_of(suite.param); });

}  // namespace
}  // namespace voxlate::translation
