// What is no word goes through neural translation unharmed: the router over the packages of tests/data/test_translate.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/translation/net/computing.h"
#include "tests/unit/translation/test_packages.h"
#include "translation/neural_engine.h"
#include "translation/routing_translator.h"

namespace voxlate::translation {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

class NoProgress final : public Progress {
 public:
  void update(Stage, milliseconds, milliseconds) override {}
};

/// With the search that the server has.
std::shared_ptr<const NeuralModel> load(const std::filesystem::path& folder, nn::Compute& compute) {
  NeuralModel::Options options;
  options.search.n_best = options.search.beam_size;
  return NeuralModel::load(folder, Computing{.type = ComputeType::kAuto}.builder(compute), options);
}

class NeuralRouting : public ::testing::Test {
 protected:
  NeuralRouting() {
    for (const std::string target : {"es", "th"}) {
      const std::filesystem::path folder = unpack_test_package(folder_.path(), target);
      installed_.push_back({.id = folder.filename(), .folder = folder, .source = "en", .target = target});
      loaded_[folder.filename()] = load(folder, compute_);
    }
    std::vector<std::unique_ptr<SentenceEngine>> engines;
    engines.push_back(std::make_unique<NeuralEngine>(
        [this] { return installed_; }, [this](const std::string& id, std::stop_token) { return loaded_.at(id); }));
    translator_ = std::make_unique<RoutingTranslator>(std::move(engines));
  }

  /// Cues of three seconds with five between them.
  Texts translate(const Texts& cues, const std::string& target) const {
    Transcript transcript{.language = "en", .engine = "test", .duration = {}, .segments = {}, .notes = {}};
    for (const std::string& cue : cues) {
      transcript.segments.push_back({.begin = transcript.duration,
                                     .end = transcript.duration + milliseconds(3000),
                                     .text = cue,
                                     .words = {},
                                     .confidence = 1});
      transcript.duration += milliseconds(8000);
    }
    NoProgress progress;
    const Transcript translation = translator_->translate(transcript, target, {}, progress, {});
    EXPECT_EQ(translation.engine, "neural translate-test_en_" + target);
    Texts texts;
    for (const Segment& segment : translation.segments) texts.push_back(segment.text);
    return texts;
  }

  const TemporaryFolder folder_;
  nn::Compute compute_{2};
  std::vector<InstalledModel> installed_;
  std::map<std::string, std::shared_ptr<const NeuralModel>> loaded_;
  std::unique_ptr<RoutingTranslator> translator_;
};

TEST_F(NeuralRouting, KeepsNumbersAndMusic) {
  const Texts cues{"42 egg", "♪ yesterday water ♪", "two big red dog"};
  EXPECT_THAT(translate(cues, "es"), ElementsAre("42 huevos", "♪ ayer agua ♪", "dos perros rojos grandes"));
  EXPECT_THAT(translate(cues, "th"), ElementsAre("ไข่ 42 ฟอง", "♪ เมื่อวานน้ำ ♪", "หมาสีแดงใหญ่สองตัว"));
}

TEST_F(NeuralRouting, KeepsTagsRoundTheirWords) {
  const Texts cues{"<i>red dog</i>", "<b>yesterday water kitchen</b>", "<i>♪ moon night ♪</i>"};
  EXPECT_THAT(translate(cues, "es"),
              ElementsAre("<i>perro rojo</i>", "<b>ayer agua cocina</b>", "<i>♪ luna noche ♪</i>"));
  EXPECT_THAT(translate(cues, "th"), ElementsAre("<i>หมาสีแดง</i>", "<b>เมื่อวานน้ำห้องครัว</b>", "<i>♪ ดวงจันทร์คืน ♪</i>"));
}

TEST_F(NeuralRouting, KeepsSpeakersAndDashes) {
  const Texts cues{"JOHN: window street", "- school street", "MOTHER: <i>milk</i>"};
  EXPECT_THAT(translate(cues, "es"), ElementsAre("JOHN: ventana calle", "- escuela calle", "MOTHER: <i>leche</i>"));
  EXPECT_THAT(translate(cues, "th"), ElementsAre("JOHN: หน้าต่างถนน", "- โรงเรียนถนน", "MOTHER: <i>นม</i>"));
}

TEST_F(NeuralRouting, KeepsAddressesTimesAndCodes) {
  const Texts kept{"https://pave.org/h", "12:30", "AB-1234", "173,245", "info@example.org", "3.5%"};
  for (const std::string target : {"es", "th"}) {
    Texts cues;
    for (const std::string& one : kept) cues.push_back("water " + one + " kitchen");
    const Texts texts = translate(cues, target);
    ASSERT_EQ(texts.size(), kept.size());
    for (std::size_t i = 0; i < kept.size(); ++i) {
      EXPECT_THAT(texts[i], HasSubstr(kept[i]));
      EXPECT_THAT(texts[i], HasSubstr(target == "es" ? "agua" : "น้ำ"));
      EXPECT_THAT(texts[i], HasSubstr(target == "es" ? "cocina" : "ห้องครัว"));
    }
  }
}

}  // namespace
}  // namespace voxlate::translation
