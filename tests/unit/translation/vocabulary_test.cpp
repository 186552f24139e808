#include "translation/vocabulary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "base/temporary_folder.h"
#include "base/utf8.h"
#include "tests/unit/model_file/model_writer.h"
#include "translation/net/model_json.h"

namespace voxlate::translation {
namespace {

using model_file::Refusal;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

class VocabularyFiles : public testing::Test {
 protected:
  std::filesystem::path write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / name, std::ios::binary) << text;
    return folder_ / name;
  }
  std::optional<Vocabulary> open() { return Vocabulary::open(folder_.path(), "shared_vocabulary"); }
  Refusal refusal_of(const std::string& json) {
    write("shared_vocabulary.json", json);
    return model_file::refusal([&] { open(); });
  }
  Refusal refusal_of_ids(const std::string& json) {
    return model_file::refusal([&] { Vocabulary::open_ids(write("vocab.json", json)); });
  }

  const TemporaryFolder folder_;
};

TEST(Vocabulary, FindsTokensAndNumbers) {
  const Vocabulary vocabulary({"<unk>", "a", "▁b", "a", ""});
  EXPECT_EQ(vocabulary.size(), 5);
  EXPECT_EQ(vocabulary.find("▁b"), 2);
  EXPECT_EQ(vocabulary.find("a"), 1) << "the first one counts";
  EXPECT_EQ(vocabulary.find(""), 4);
  EXPECT_EQ(vocabulary.find("c"), std::nullopt);
  EXPECT_EQ(vocabulary.token(3), "a");
}

TEST(Vocabulary, FindsThemAfterItWasMoved) {
  Vocabulary first({"a", "b", "a token that is too long for the place inside of a string object"});
  const Vocabulary second = std::move(first);
  EXPECT_EQ(second.find("b"), 1);
  EXPECT_EQ(second.find("a token that is too long for the place inside of a string object"), 2);
}

TEST_F(VocabularyFiles, AreLinesOrAList) {
  EXPECT_FALSE(open());
  write("shared_vocabulary.txt", "<unk>\n<s>\n\n▁a\r\nlast");
  EXPECT_THAT(open()->tokens(), ElementsAre("<unk>", "<s>", "", "▁a\r", "last"));
  write("shared_vocabulary.txt", "a\nb\n");
  EXPECT_THAT(open()->tokens(), ElementsAre("a", "b")) << "no token behind the last line's end";
  write("shared_vocabulary.json", R"(["<unk>", "\u2581a", "\n"])");
  EXPECT_THAT(open()->tokens(), ElementsAre("<unk>", "▁a", "\n"));
  write("shared_vocabulary.json", "[]");
  EXPECT_EQ(open()->size(), 0);
}

TEST_F(VocabularyFiles, AreRefusedWhenTheyAreNoList) {
  EXPECT_THAT(refusal_of("{}").message, HasSubstr("shared_vocabulary.json: expected a list of tokens, got object"));
  EXPECT_THAT(refusal_of(R"(["a", 7])").message, HasSubstr("token 1: expected a text, got number"));
  EXPECT_EQ(refusal_of(R"(["a", ["b"]])").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refusal_of(R"(["a")").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refusal_of("").code, ErrorCode::kCorrupt);
  EXPECT_EQ(refusal_of(std::string((16 << 20) + 1, ' ')).code, ErrorCode::kTooLarge);
  std::filesystem::remove(folder_ / "shared_vocabulary.json");
  write("shared_vocabulary.txt", std::string((1 << 20) + 1, '\n'));
  EXPECT_THAT(model_file::refusal([&] { open(); }).message, HasSubstr("expected at most 1048576 tokens"));
}

TEST_F(VocabularyFiles, OfIdsHaveEachNumberOnce) {
  EXPECT_THAT(Vocabulary::open_ids(write("vocab.json", R"({"b": 1, "a": 0, "▁c": 2})")).tokens(),
              ElementsAre("a", "b", "▁c"));
  EXPECT_EQ(Vocabulary::open_ids(write("vocab.json", "{}")).size(), 0);
  for (const std::string bad : {R"({"a": 1})", R"({"a": 0, "b": 0})", R"({"a": -1})", R"({"a": "0"})", R"({"a": 0.5})",
                                R"({"a": 18446744073709551615})"}) {
    EXPECT_EQ(refusal_of_ids(bad).code, ErrorCode::kCorrupt) << bad;
    EXPECT_THAT(refusal_of_ids(bad).message, HasSubstr(": expected a number below "));
  }
  EXPECT_THAT(refusal_of_ids("[]").message,
              HasSubstr("vocab.json: expected an object from token to number, got array"));
}

TEST_F(VocabularyFiles, ThatAreMissingOrDeepAreRefused) {
  const auto refusal = [&](const std::string& text) {
    return model_file::refusal([&] { read_model_json(write("config.json", text)); });
  };
  EXPECT_EQ(read_model_json(write("config.json", R"({"a": [1, {"b": null}]})"))["a"][0], 1);
  EXPECT_EQ(model_file::refusal([&] { read_model_json(folder_ / "nothing.json"); }).code, ErrorCode::kNotFound);
  EXPECT_EQ(refusal("[[[[[[[[1]]]]]]]]").message, "accepted");
  EXPECT_THAT(refusal("[[[[[[[[[1]]]]]]]]]").message, HasSubstr("config.json: expected JSON at most 8 deep"));
  EXPECT_EQ(refusal(std::string(100'000, '[')).code, ErrorCode::kCorrupt);
  EXPECT_EQ(refusal(std::string((1 << 20) + 1, ' ')).code, ErrorCode::kTooLarge);
  const Refusal broken = refusal("\"a\xFF\xC3\"");
  EXPECT_EQ(broken.code, ErrorCode::kCorrupt);
  EXPECT_EQ(repair_utf8(broken.message), broken.message) << "a message is text, whatever the file was";
}

}  // namespace
}  // namespace voxlate::translation
