#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/shared_data.h"
#include "tests/unit/translation/net/computing.h"
#include "translation/neural_parts.h"
#include "translation/subword.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kCodes = "#version: 0.2\nd o\ndo n</w>\n& a\n&a p\n&ap o\n&apo s\n&apos ;\n&apos; t</w>\n";

TEST(BytePairSubword, SplitsWordsOfTheSourceAndJoinsThoseOfTheTarget) {
  const TemporaryFolder folder;
  std::ofstream(folder / "bpe.model") << kCodes;
  const auto words = open_byte_pairs(folder / "bpe.model", "en-US", "fr");
  EXPECT_THAT(words->split("I don’t."), ElementsAre("I", "don", "&apos;t", "."));
  const std::vector<std::string> pieces = {"L@@", "&apos;", "e@@", "au", "?"};
  EXPECT_EQ(words->join(pieces), "L'eau ?");
  EXPECT_EQ(words->join(std::vector<std::string>{"a\xFF"}), "a\uFFFD");
}

/// An Argos package with a network of another one: only its words are looked at.
class ArgosFolder : public testing::Test {
 protected:
  void SetUp() override {
    const std::filesystem::path model = shared_folder() / "models/ct2_aren_transliteration/aren-transliteration";
    if (!std::filesystem::exists(model)) GTEST_SKIP() << "../shared/models/ct2_aren_transliteration is absent";
    std::filesystem::create_directory_symlink(std::filesystem::canonical(model), folder_ / "model");
    write("bpe.model", kCodes);
  }

  void write(std::string_view name, std::string_view text) const { std::ofstream(folder_ / name) << text; }

  NeuralParts read() {
    nn::Compute compute(/*threads=*/1);
    return read_neural_parts(folder_.path(), Computing().builder(compute));
  }

  void expect_refused(ErrorCode code, const std::string& message) {
    try {
      read();
      FAIL() << "expected: " << message;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.what();
      EXPECT_THAT(error.what(), HasSubstr(message));
    }
  }

  TemporaryFolder folder_;
};

TEST_F(ArgosFolder, HasWordsOfItsLanguages) {
  write("metadata.json", R"({"from_code": "en", "to_code": "fr"})");
  const NeuralParts parts = read();
  EXPECT_THAT(parts.source_words->split("I don't"), ElementsAre("I", "don", "&apos;t"));
  EXPECT_EQ(parts.target_words->join(std::vector<std::string>{"Oui", "!"}), "Oui !");
}

TEST_F(ArgosFolder, SaysWhatItsMetadataLacks) {
  expect_refused(ErrorCode::kNotFound, "expected metadata.json beside bpe.model");
  write("metadata.json", R"({"from_code": "en"})");
  expect_refused(ErrorCode::kCorrupt, "expected from_code and to_code");
  write("metadata.json", R"({"from_code": "en", "to_code": 5})");
  expect_refused(ErrorCode::kCorrupt, "to_code: expected a text, got number");
}

}  // namespace
}  // namespace voxlate::translation
