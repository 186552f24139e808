#include "models/catalogue.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "base/file.h"
#include "base/hashing.h"

namespace voxlate::models {
namespace {

TEST(Catalogue, EveryModelHasWhatADownloadNeeds) {
  std::set<std::string> ids;
  std::set<std::string> digests;
  for (const KnownModel& model : known_models()) {
    SCOPED_TRACE(model.id);
    EXPECT_TRUE(ids.insert(model.id).second);
    EXPECT_TRUE(digests.insert(model.sha256).second);
    EXPECT_EQ(model.sha256.size(), 64U);
    EXPECT_EQ(model.sha256.find_first_not_of("0123456789abcdef"), std::string::npos);
    EXPECT_TRUE(model.path.ends_with("/" + model.file));
    EXPECT_NE(model.path.find("/resolve/"), std::string::npos);
    EXPECT_FALSE(model.quantisation.empty());
  }
  EXPECT_EQ(ids.size(), 34U);
}

// A multilingual model has one row of the token embedding more than the English one of its size; that row shrinks with
// the others: from 64 bytes for 32 weights to those of a block.
TEST(Catalogue, SizesAgreeWithTheFormat) {
  struct Size {
    std::string id;
    std::uint64_t width;
    std::string five_bits;
    std::uint64_t block_bytes;
  };
  const auto bytes = [](const std::string& id) { return find_model(known_models(), id)->size_bytes; };
  const auto saved = [&](const std::string& id, const std::string& type) { return bytes(id) - bytes(id + type); };
  for (const Size& size : {Size{"tiny", 384, "-q5_1", 24}, Size{"base", 512, "-q5_1", 24},
                           Size{"small", 768, "-q5_1", 24}, Size{"medium", 1024, "-q5_0", 22}}) {
    SCOPED_TRACE(size.id);
    EXPECT_EQ(saved(size.id, size.five_bits) - saved(size.id + ".en", size.five_bits),
              size.width / 32 * (64 - size.block_bytes));
    EXPECT_EQ(saved(size.id, "-q8_0") - saved(size.id + ".en", "-q8_0"), size.width / 32 * (64 - 34));
  }
}

TEST(Catalogue, TellsLanguageAndQuantisationFromTheName) {
  const KnownModel* model = find_model(known_models(), "base.en-q5_1");
  ASSERT_NE(model, nullptr);
  EXPECT_EQ(model->file, "ggml-base.en-q5_1.bin");
  EXPECT_EQ(model->quantisation, "q5_1");
  EXPECT_EQ(model->n_languages, 1);
  EXPECT_EQ(find_model(known_models(), "base")->n_languages, 99);
  EXPECT_EQ(find_model(known_models(), "large-v3-turbo")->n_languages, 100) << "Cantonese";
  EXPECT_EQ(find_model(known_models(), "large-v3-turbo")->quantisation, "f16");
  EXPECT_EQ(find_model(known_models(), "silero-vad")->kind, ModelKind::kVoiceActivity);
  EXPECT_EQ(find_model(known_models(), "base.EN"), nullptr);
}

TEST(Catalogue, TheVoiceActivityModelIsTheOneAtHand) {
  const std::filesystem::path file =
      std::filesystem::path(VOXLATE_SOURCE_DIR) / "../shared/models/silero_vad/ggml-silero-v6.2.0.bin";
  if (!std::filesystem::exists(file)) GTEST_SKIP() << "needs ../shared/models/silero_vad";
  const std::string content = read_file(file, 1 << 24);
  const KnownModel* model = find_model(known_models(), "silero-vad");
  EXPECT_EQ(content.size(), model->size_bytes);
  EXPECT_EQ(sha256_hex(content), model->sha256);
}

}  // namespace
}  // namespace voxlate::models
