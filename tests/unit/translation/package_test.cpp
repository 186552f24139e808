#include "translation/package.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "tests/unit/shared_data.h"
#include "tests/unit/translation/package_writer.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Package : public ::testing::Test {
 protected:
  PackageFacts facts() const {
    const auto facts = inspect_package(folder_.path());
    EXPECT_TRUE(facts.has_value());
    return facts.value_or(PackageFacts{});
  }

  std::string failure() const {
    try {
      inspect_package(folder_.path());
    } catch (const Error& error) {
      return error.what();
    }
    ADD_FAILURE() << "no error";
    return {};
  }

  void write(const std::string& name, std::string_view content) const { write_file(folder_ / name, content); }

  TemporaryFolder folder_;
};

TEST_F(Package, OfArgosTellsItsPairVersionAndLicence) {
  write_package(folder_.path(), "en", "zt", "1.9");
  write("stanza/resources.pt", "a pickle");
  const PackageFacts found = facts();
  EXPECT_EQ(found.source, "en");
  EXPECT_EQ(found.target, "zh-Hant");
  EXPECT_EQ(found.n_languages, 2);
  EXPECT_EQ(found.version, "1.9");
  EXPECT_EQ(found.quantisation, "int8");
  EXPECT_EQ(found.licence, "CC0");
  EXPECT_FALSE(found.non_commercial);
  EXPECT_THAT(found.missing, IsEmpty());
  std::uint64_t size_bytes = 0;
  for (const char* name :
       {"metadata.json", "README.md", "sentencepiece.model", "model/model.bin", "model/shared_vocabulary.json"}) {
    size_bytes += std::filesystem::file_size(folder_ / name);
  }
  EXPECT_EQ(found.size_bytes, size_bytes);
  EXPECT_EQ(model_folder_of(folder_.path()), folder_ / "model");
}

TEST_F(Package, AVocabularyOfAnotherSizeIsNamedWithBothNumbers) {
  write_package(folder_.path(), "en", "es");
  write("model/shared_vocabulary.json", R"(["<unk>", "a", "b", "c"])");
  EXPECT_THAT(failure(), AllOf(HasSubstr("shared_vocabulary.json"), HasSubstr("the 3 tokens"), HasSubstr("got 4")));
  std::filesystem::remove(folder_ / "model/shared_vocabulary.json");
  write("model/source_vocabulary.txt", "<unk>\na\nb\n");
  write("model/target_vocabulary.txt", "<unk>\na");
  EXPECT_THAT(failure(), AllOf(HasSubstr("target_vocabulary.txt"), HasSubstr("the 3 tokens"), HasSubstr("got 2")));
  write("model/target_vocabulary.txt", "<unk>\na\n");  // a token that is empty needs a line of its own
  EXPECT_THAT(failure(), HasSubstr("got 2"));
  write("model/target_vocabulary.txt", "<unk>\na\n\n");
  EXPECT_THAT(facts().missing, IsEmpty());
}

TEST_F(Package, AVocabularyIsAnArrayOfStrings) {
  write_package(folder_.path(), "en", "es");
  for (const char* text : {"{}", "[1, 2, 3]", R"(["a", ["b"], "c"])", R"(["a", "b")", "", "\"a\"", "[\"\xFF\"]"}) {
    write("model/shared_vocabulary.json", text);
    EXPECT_THAT(failure(), AllOf(HasSubstr("shared_vocabulary.json: "), HasSubstr("expected "))) << text;
  }
  write("model/shared_vocabulary.json", std::string(2 << 20, '['));
  EXPECT_THAT(failure(), HasSubstr("shared_vocabulary.json: expected JSON at most 8 deep"));
}

TEST_F(Package, WhatAModelCannotDoWithoutIsAnError) {
  write_package(folder_.path(), "en", "es");
  std::filesystem::remove(folder_ / "model/shared_vocabulary.json");
  EXPECT_THAT(failure(), HasSubstr("expected shared_vocabulary.json or source_vocabulary.json"));
  std::filesystem::remove(folder_ / "model/model.bin");
  EXPECT_THAT(failure(), HasSubstr("expected model/model.bin"));
}

TEST_F(Package, AModelFileIsReadToItsEnd) {
  write_package(folder_.path(), "en", "es");
  const std::string whole = translator_file(3, 3);
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    write("model/model.bin", whole.substr(0, size));
    EXPECT_THAT(failure(), HasSubstr("model.bin")) << size;
  }
}

TEST_F(Package, MetadataHasToBeSound) {
  write_package(folder_.path(), "en", "es");
  write("metadata.json", "[");
  EXPECT_THAT(failure(), HasSubstr("metadata.json: expected JSON: "));
  write("metadata.json", std::string(500'000, '['));
  EXPECT_THAT(failure(), HasSubstr("metadata.json: expected JSON at most 8 deep"));
  write("metadata.json", metadata("../en", "es"));
  EXPECT_THAT(failure(), HasSubstr("from_code: expected a language code, got \"../en\""));
}

TEST_F(Package, OfAnUnknownPairSaysWhatItLacks) {
  write("model.bin", translator_file(2, 3));
  write("source_vocabulary.txt", "a\n");  // and "<unk>", as CTranslate2 adds it
  write("target_vocabulary.txt", "a\nb\n<unk>");
  EXPECT_THAT(facts().missing,
              AllOf(HasSubstr("metadata.json with from_code and to_code"), HasSubstr("the tokeniser")));
  EXPECT_THAT(facts().source, IsEmpty());
  write("metadata.json", metadata("ar", "en"));
  write("source.spm", "spm");
  EXPECT_THAT(facts().missing, IsEmpty());
  EXPECT_EQ(facts().source, "ar");
  EXPECT_EQ(model_folder_of(folder_.path()), folder_.path());
}

TEST_F(Package, OfOpusMtHasItsPairInTheTokeniser) {
  write("model.bin", translator_file(2, 2));
  write("shared_vocabulary.txt", "a\nunknown\n");
  write("config.json", R"({"unk_token": "unknown"})");
  write("source.spm", "spm");
  write("target.spm", "spm");
  write("tokenizer_config.json", R"({"source_lang": "eng", "target_lang": "rus"})");
  EXPECT_EQ(facts().source, "en");
  EXPECT_EQ(facts().target, "ru");
  EXPECT_THAT(facts().missing, IsEmpty());
}

TEST_F(Package, ForManyLanguagesIsToldByItsTokens) {
  std::string nllb;
  std::string m2m;
  for (char a = 'a'; a < 'j'; ++a) {
    for (char b = 'a'; b < 'k'; ++b) {
      nllb += std::string("a") + a + b + "_Latn\n";
      m2m += std::string("__") + a + b + "__\n";
    }
  }
  write("model.bin", translator_file(91, 91));
  write("sentencepiece.bpe.model", "spm");
  write("shared_vocabulary.txt", m2m);
  EXPECT_EQ(facts().source, "mul");
  EXPECT_EQ(facts().target, "mul");
  EXPECT_EQ(facts().n_languages, 90);
  EXPECT_FALSE(facts().non_commercial);
  write("shared_vocabulary.txt", nllb);
  EXPECT_EQ(facts().n_languages, 90);
  EXPECT_TRUE(facts().non_commercial);
  EXPECT_EQ(facts().licence, "CC-BY-NC 4.0");
}

TEST_F(Package, OtherFoldersAreNone) {
  EXPECT_EQ(inspect_package(folder_.path()).has_value(), false);
  write("model.bin", "lmgg, of another program");
  EXPECT_EQ(inspect_package(folder_.path()).has_value(), false);
  write("model.bin", ctranslate2_file({{.name = "encoder/conv1/weight", .rows = 2}}));
  EXPECT_EQ(inspect_package(folder_.path()).has_value(), false) << "a speech model";
  std::filesystem::remove(folder_ / "model.bin");
  write("model.safetensors", "x");
  write("config.json", R"({"model_type": "whisper"})");
  EXPECT_EQ(inspect_package(folder_.path()).has_value(), false);
}

/// A safetensors file with one matrix of zeros.
std::string safetensors(const std::string& name, int rows) {
  const std::string header = R"({")" + name + R"(":{"dtype":"F16","shape":[)" + std::to_string(rows) +
                             R"(,1],"data_offsets":[0,)" + std::to_string(2 * rows) + "]}}";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  return bytes + header + std::string(static_cast<std::size_t>(2 * rows), '\0');
}

TEST_F(Package, OfHuggingFaceIsReadToo) {
  write("config.json", R"({"model_type": "marian", "vocab_size": 10})");
  write("model.safetensors", safetensors("model.shared.weight", 10));
  write("source.spm", "spm");
  write("tokenizer_config.json", R"({"source_lang": "en", "target_lang": "de"})");
  write("README.md", "---\nlicense: cc-by-4.0\n---\n");
  EXPECT_EQ(facts().target, "de");
  EXPECT_EQ(facts().quantisation, "f16");
  EXPECT_EQ(facts().licence, "CC-BY 4.0");
  EXPECT_THAT(facts().missing, IsEmpty());
  write("config.json", R"({"model_type": "marian", "vocab_size": 11})");
  EXPECT_THAT(failure(), AllOf(HasSubstr("the 10 tokens"), HasSubstr("got 11")));
  write("model.safetensors", safetensors("other.weight", 10));
  EXPECT_THAT(failure(), HasSubstr("model.shared.weight"));
}

TEST_F(Package, TheSharedModelsLackTheirPair) {
  const std::filesystem::path models = shared_folder() / "models/ct2_aren_transliteration";
  if (!std::filesystem::exists(models)) GTEST_SKIP() << "needs ../shared/models/ct2_aren_transliteration";
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(models)) {
    const auto found = inspect_package(entry.path());
    ASSERT_TRUE(found.has_value()) << entry.path();
    EXPECT_THAT(found->missing, HasSubstr("metadata.json"));
    ++count;
  }
  EXPECT_EQ(count, 3);
}

}  // namespace
}  // namespace voxlate::translation
