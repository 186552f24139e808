#include "language_id/fasttext_identifier.h"

#include <gtest/gtest.h>

#include <fstream>
#include <random>

#include "base/file.h"
#include "tests/unit/shared_data.h"
#include "voxlate/error.h"

namespace voxlate::language_id {
namespace {

class FastText : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(file_)) GTEST_SKIP() << "needs the model " << file_;
    content_ = read_file(file_, 10 << 20);
  }

  const std::filesystem::path file_ = shared_folder() / "models/lid/lid.176.ftz";
  std::string content_;
};

// Without the real one: a model of two numbers a word, in which "the" speaks for the first label.
TEST(FastTextModel, ReadsModelsOfEachKind) {
  const std::filesystem::path folder = std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/fuzz/corpus/fasttext_model";
  for (const char* name : {"tree", "tree_quantised", "softmax"}) {
    const FastTextModel model(content_of(folder / name));
    float sum = 0;
    for (const auto& [label, share] : model.predict("the der unknown", 10)) sum += share;
    EXPECT_NEAR(sum, 1, 1e-4F) << name;
    EXPECT_TRUE(model.predict(" \t ", 10).empty()) << name;
    EXPECT_EQ(model.predict("the", 1).size(), 1U) << name;
  }
  EXPECT_THROW(FastTextModel(content_of(folder / "truncated")), Error);
  EXPECT_THROW(FastTextModel(""), Error);
}

// What the program of the authors says (`fasttext predict-prob lid.176.ftz - 2`).
TEST_F(FastText, SaysWhatItsAuthorsProgramSays) {
  const FastTextModel model(content_);
  struct Case {
    std::string text;
    std::string label;
    float probability;
  };
  for (const auto& [text, label, probability] : {
           Case{"All human beings are born free and equal.", "en", 0.991907F},
           Case{"Alle Menschen sind frei und gleich", "de", 0.999918F},
           Case{"Bonjour tout le monde", "fr", 0.989549F},
           Case{"มนุษย์ทั้งหลายเกิดมามีอิสระ", "th", 0.998965F},
           Case{"人人生而自由", "ja", 0.611177F},
           Case{"Hello", "en", 0.228453F},
           Case{"über", "de", 0.978494F},
           Case{"Все люди рождаются свободными", "ru", 0.997034F},
           Case{"El perro come una manzana roja", "es", 0.89395F},
           Case{"xyzzy qwrtp", "de", 0.187108F},
       }) {
    const auto labels = model.predict(text, 1);
    ASSERT_EQ(labels.size(), 1U) << text;
    EXPECT_EQ(labels[0].first, label) << text;
    EXPECT_NEAR(labels[0].second, probability, 2e-4F) << text;
  }
}

TEST_F(FastText, SharesAddUpToOne) {
  float sum = 0;
  for (const auto& [label, share] : FastTextModel(content_).predict("some words", 1000)) sum += share;
  EXPECT_NEAR(sum, 1, 1e-3F);
}

TEST_F(FastText, SaysNothingOfATextWithoutLetters) {
  const FastTextIdentifier identifier(file_);
  EXPECT_TRUE(identifier.identify("").empty());
  EXPECT_TRUE(identifier.identify(" 12:30, 45 %! ").empty());
  EXPECT_EQ(identifier.identify("Das ist ein deutscher Satz.").front().language, "de");
}

TEST_F(FastText, ATruncatedFileIsCorrupt) {
  for (std::size_t size = 0; size < content_.size(); size += 4099) {
    EXPECT_THROW(FastTextModel(std::string_view(content_).substr(0, size)), Error) << size;
  }
}

TEST_F(FastText, AChangedFileIsAnErrorOrHarmless) {
  std::mt19937 random(1);
  for (int i = 0; i < 300; ++i) {
    std::string changed = content_;
    // Most of the file are numbers; what is read as sizes lies at the front and between its parts.
    const std::size_t range = i % 2 == 0 ? 200 : changed.size();
    for (int byte = 0; byte < 3; ++byte) changed[random() % range] = static_cast<char>(random());
    try {
      for (const auto& [label, share] : FastTextModel(changed).predict("Hello world", 3)) {
        EXPECT_GE(share, 0);
        EXPECT_LE(share, 1);
      }
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::kCorrupt || error.code() == ErrorCode::kUnsupported) << error.what();
    }
  }
}

// The figures in the README, and that confidences are honest: of the guesses from 0.85 on nine of ten are right, and of
// all guesses as many as they say.
TEST_F(FastText, KnowsSentencesOfNineLanguages) {
  const std::filesystem::path folder = shared_folder() / "data/mt/ntrex";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "needs the sentences of NTREX-128 in " << folder;
  const FastTextIdentifier identifier(file_);
  int texts = 0;
  int right = 0;
  double promised = 0;
  for (const std::string language : {"de", "en", "es", "fr", "ja", "ru", "th", "vi", "zh"}) {
    std::ifstream file(folder / ("newstest2019." + language + ".txt"));
    for (std::string line; std::getline(file, line);) {
      if (line.empty()) continue;
      const auto guesses = identifier.identify(line);
      ++texts;
      if (guesses.empty()) continue;
      right += guesses.front().language == language ? 1 : 0;
      promised += guesses.front().confidence;
    }
  }
  EXPECT_GT(texts, 10'000);
  EXPECT_GT(right, texts * 99 / 100);
  EXPECT_NEAR(promised / texts, static_cast<double>(right) / texts, 0.05);
}

}  // namespace
}  // namespace voxlate::language_id
