#include "pipeline/job_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/run_job.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const Capabilities kCapabilities{
    .engines = {{.id = "sphinx", .name = "PocketSphinx (US English)", .languages = {"en"}, .notice = {}}},
    .routes = {{.source = "en", .target = "es", .engine = "apertium eng-spa", .through = {}},
               {.source = "en", .target = "pt", .engine = "apertium eng-spa, apertium spa-por", .through = {"es"}}},
    .formats = {"srt", "vtt"},
    .profiles = {"netflix"}};

JobSpec spec_named(std::string name) {
  JobSpec spec;
  spec.source_name = std::move(name);
  return spec;
}

Error refusal_of(JobSpec spec) {
  try {
    complete_spec(spec, kCapabilities);
  } catch (const Error& error) {
    return error;
  }
  return Error(ErrorCode::kInternal, "not refused");
}

TEST(CompleteSpec, FillsWhatIsOpen) {
  JobSpec spec = spec_named("talk.mp4");
  complete_spec(spec, kCapabilities);
  EXPECT_EQ(spec.engine, "sphinx");
  EXPECT_EQ(spec.language, "en");
  EXPECT_THAT(spec.formats, ElementsAre("srt", "vtt"));
}

TEST(CompleteSpec, KeepsTheRegionAndDropsRepeats) {
  JobSpec spec = spec_named("talk.mp4");
  spec.language = "en-GB";
  spec.targets = {"es", "pt", "es"};
  spec.formats = {"srt", "srt"};
  complete_spec(spec, kCapabilities);
  EXPECT_EQ(spec.language, "en-GB");
  EXPECT_THAT(spec.targets, ElementsAre("es", "pt"));
  EXPECT_THAT(spec.formats, ElementsAre("srt"));
}

/// As on a new machine: the embedded recogniser, and a Whisper model on its way.
Capabilities while_downloading() {
  Capabilities capabilities = kCapabilities;
  capabilities.engines.push_back(
      {.id = "whisper",
       .name = "Whisper",
       .languages = {"en", "th"},
       .notice = {},
       .needs_vad = false,
       .models = {{.id = "base", .languages = {"en", "th"}, .translates = true, .awaited = true}}});
  return capabilities;
}

TEST(CompleteSpec, TheFirstEngineThatCanDoItIsTaken) {
  const auto engine_of = [](void (*ask)(JobSpec&)) {
    JobSpec spec = spec_named("talk.mp4");
    ask(spec);
    complete_spec(spec, while_downloading());
    return spec.engine + "/" + spec.model;
  };
  EXPECT_EQ(engine_of([](JobSpec&) {}), "sphinx/") << "nothing asks for more: it starts at once";
  EXPECT_EQ(engine_of([](JobSpec& spec) { spec.language = "en"; }), "sphinx/");
  EXPECT_EQ(engine_of([](JobSpec& spec) { spec.language = "th"; }), "whisper/base");
  EXPECT_EQ(engine_of([](JobSpec& spec) { spec.to_english = true; }), "whisper/base");
  EXPECT_EQ(engine_of([](JobSpec& spec) { spec.model = "base"; }), "whisper/base");
  EXPECT_EQ(engine_of([](JobSpec& spec) { spec.vad = false; }), "whisper/base");
}

TEST(CompleteSpec, AnEngineThatNeedsVoiceActivityDetectionSaysSo) {
  JobSpec spec = spec_named("talk.mp4");
  spec.vad = false;
  const Error error = refusal_of(spec);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("vad: the recogniser PocketSphinx (US English) hears only"));
}

TEST(CompleteSpec, MissingPairListsWhatIsInstalled) {
  JobSpec spec = spec_named("talk.mp4");
  spec.targets = {"th"};
  const Error error = refusal_of(spec);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("cannot translate from en to \"th\"; installed: en->es, en->pt (through es)"));
}

TEST(CompleteSpec, UnknownSpokenLanguageSaysWhatIsUnderstood) {
  JobSpec spec = spec_named("talk.mp4");
  spec.language = "de";
  const Error error = refusal_of(spec);
  EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  EXPECT_THAT(error.what(), HasSubstr("understands en, not \"de\""));
}

TEST(CompleteSpec, RefusesWhatIsWrongAnywhere) {
  for (const auto& spoil : std::vector<std::function<void(JobSpec&)>>{
           [](JobSpec& s) { s.formats = {"docx"}; }, [](JobSpec& s) { s.profile = "cinema"; },
           [](JobSpec& s) { s.engine = "vosk"; }, [](JobSpec& s) { s.audio_track = -1; },
           [](JobSpec& s) { s.language = "e"; }, [](JobSpec& s) { s.targets = {"es\r\n"}; },
           [](JobSpec& s) { s.targets = {"../es"}; }, [](JobSpec& s) { s.targets.assign(17, "es"); }}) {
    JobSpec spec = spec_named("talk.mp4");
    spoil(spec);
    EXPECT_EQ(refusal_of(spec).code(), ErrorCode::kInvalidInput) << refusal_of(spec).what();
  }
}

TEST(ResultName, CarriesStemLanguageAndExtension) {
  EXPECT_EQ(result_name("talk.mp4", "es", "srt"), "talk.es.srt");
  EXPECT_EQ(result_name("my.long.talk.mkv", "en", "vtt"), "my.long.talk.en.vtt");
  EXPECT_EQ(result_name("noextension", "en", "vtt"), "noextension.en.vtt");
  EXPECT_EQ(result_name("../x/การพูด.mp4", "en", "srt"), "การพูด.en.srt");
}

TEST(OverallFraction, GrowsAlongTheStages) {
  JobSpec spec;
  spec.targets = {"es"};
  const std::chrono::milliseconds total{100};
  double last = -1;
  for (const Stage stage : {Stage::kTranscribing, Stage::kTranslating, Stage::kWriting}) {
    for (const int done : {0, 50, 100}) {
      const double fraction = overall_fraction(spec, stage, std::chrono::milliseconds(done), total);
      EXPECT_GE(fraction, last);
      last = fraction;
    }
  }
  EXPECT_DOUBLE_EQ(last, 1.0);
  EXPECT_EQ(overall_fraction(spec, Stage::kTranscribing, std::chrono::milliseconds(5), std::chrono::milliseconds(0)),
            0);
}

}  // namespace
}  // namespace voxlate::pipeline
