#include "pipeline/run_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "base/clock.h"
#include "base/data_folder.h"
#include "base/temporary_folder.h"
#include "cache/memory_cache.h"
#include "media/direct_media_reader.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr int kSeconds = 6;

/// A WAV file of silence.
void write_wav(const std::filesystem::path& path) {
  const auto little = [](std::uint32_t value, int bytes) {
    std::string text;
    for (int i = 0; i < bytes; ++i) text += static_cast<char>((value >> (8 * i)) & 0xFFU);
    return text;
  };
  const std::uint32_t data_bytes = kSeconds * kSampleRate * 2;
  std::ofstream(path, std::ios::binary) << "RIFF" << little(36 + data_bytes, 4) << "WAVEfmt " << little(16, 4)
                                        << little(1, 2) << little(1, 2) << little(kSampleRate, 4)
                                        << little(kSampleRate * 2, 4) << little(2, 2) << little(16, 2) << "data"
                                        << little(data_bytes, 4) << std::string(data_bytes, '\0');
}

/// Hears "window N" in every two seconds.
class CountingTranscriber final : public Transcriber {
 public:
  TranscriberInfo info() const override { return {.id = "counting", .name = "", .languages = {"en"}, .notice = {}}; }

  Transcript transcribe(AudioSource& audio, const TranscribeOptions& options, WindowLog& log, Progress& progress,
                        std::stop_token stop) override {
    Transcript transcript{
        .language = options.language, .engine = "counting", .duration = {}, .segments = {}, .notes = {}};
    std::array<float, 2 * kSampleRate> block{};
    for (std::chrono::milliseconds begin = audio.start_time(); audio.read(block) > 0; begin += 2s) {
      if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped");
      std::optional<Window> window = log.find(begin, begin + 2s);
      if (!window) {
        if (fail_at == begin) throw Error(ErrorCode::kUnavailable, "the engine broke");
        ++recognised;
        window = Window{begin, begin + 2s, {{begin + 100ms, begin + 1900ms, "Window of speech.", {}, 0.5F}}};
        log.add(*window);
      }
      transcript.segments.insert(transcript.segments.end(), window->segments.begin(), window->segments.end());
      transcript.duration = begin + 2s;
      progress.update(Stage::kTranscribing, transcript.duration, *audio.duration());
    }
    return transcript;
  }

  int recognised = 0;
  std::optional<std::chrono::milliseconds> fail_at;
};

/// Puts the target's name before every segment.
class MarkingTranslator final : public Translator {
 public:
  std::vector<TranslationRoute> routes() const override { return {}; }
  std::optional<TranslationRoute> route(std::string_view, std::string_view) const override { return std::nullopt; }
  Transcript translate(const Transcript& transcript, std::string_view target, const TranslateOptions&,
                       Progress& progress, std::stop_token) override {
    if (broken) throw Error(ErrorCode::kUnavailable, "the translator broke");
    ++translated;
    Transcript translation = transcript;
    translation.language = target;
    translation.makeshift = makeshift;
    for (Segment& segment : translation.segments) segment.text = std::string(target) + " " + segment.text;
    progress.update(Stage::kTranslating, transcript.duration, transcript.duration);
    return translation;
  }

  int translated = 0;
  bool broken = false;
  bool makeshift = false;
};

class MemoryCheckpoints final : public Checkpoints {
 public:
  std::vector<Checkpoint> load(std::string_view stage) const override {
    std::vector<Checkpoint> found;
    for (const Checkpoint& checkpoint : all) {
      if (checkpoint.stage == stage) found.push_back(checkpoint);
    }
    return found;
  }
  void save(const Checkpoint& checkpoint) override { all.push_back(checkpoint); }
  void claim_work(const std::string& work_key) override { claimed.push_back(work_key); }

  std::vector<Checkpoint> all;
  std::vector<std::string> claimed;
};

class RecordingProgress final : public Progress {
 public:
  explicit RecordingProgress(const JobSpec& spec) : spec_(spec) {}
  void update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) override {
    fractions.push_back(overall_fraction(spec_, stage, done, total));
  }

  std::vector<double> fractions;

 private:
  const JobSpec& spec_;
};

class CountingTimings final : public StageTimings {
 public:
  void record(std::string_view stage, std::chrono::nanoseconds wall, std::chrono::milliseconds media) override {
    EXPECT_GE(wall.count(), 0) << stage;
    EXPECT_GT(media.count(), 0) << stage;
    stages.emplace_back(stage);
  }

  std::vector<std::string> stages;
};

class RunJobTest : public ::testing::Test {
 protected:
  RunJobTest() {
    workspace_.create();
    write_wav(workspace_.source());
    job_.spec.source_name = "talk.wav";
    job_.spec.language = "en";
    job_.spec.formats = {"srt"};
  }

  JobOutcome run(std::stop_token stop = {}) {
    const JobTools tools{.transcriber = [this](std::string_view) -> Transcriber& { return transcriber_; },
                         .translator = translator_,
                         .media = media_,
                         .timings = timings_,
                         .results = &results_};
    return run_job(job_, workspace_, tools, checkpoints_, progress_, std::move(stop));
  }

  /// As another job of the same owner and media.
  JobOutcome run_again() {
    checkpoints_ = MemoryCheckpoints();
    return run();
  }

  std::string content(std::string_view name) { return read_file(folder_ / "files" / name, 1 << 20); }

  const TemporaryFolder folder_;
  Workspace workspace_{folder_.path()};
  Job job_;
  const media::DirectMediaReader media_{media::Limits{}};
  CountingTranscriber transcriber_;
  MarkingTranslator translator_;
  MemoryCheckpoints checkpoints_;
  RecordingProgress progress_{job_.spec};
  CountingTimings timings_;
  const SystemClock clock_{};
  cache::MemoryCache memory_{{}, clock_};
  ResultCache results_{memory_,
                       ResultCache::Sharing::kWithinOwner,
                       {.recogniser = [](const JobSpec&) { return std::string("counting"); },
                        .translator = [](std::string_view, std::string_view) { return std::string("marking"); }}};
};

std::vector<std::string> names_of(const JobOutcome& outcome) {
  std::vector<std::string> names;
  for (const JobFile& file : outcome.files) names.push_back(file.name);
  return names;
}

TEST_F(RunJobTest, WritesEveryLanguageInEveryFormatAndWebVtt) {
  job_.spec.targets = {"es"};
  const JobOutcome outcome = run();
  EXPECT_THAT(names_of(outcome), ElementsAre("talk.en.srt", "talk.en.vtt", "talk.es.srt", "talk.es.vtt"));
  EXPECT_THAT(content("talk.en.srt"), HasSubstr("Window of speech."));
  EXPECT_THAT(content("talk.es.vtt"), HasSubstr("es Window of speech."));
  for (const JobFile& file : outcome.files) EXPECT_EQ(file.size_bytes, content(file.name).size());
}

TEST_F(RunJobTest, ContinuesBehindFinishedWindows) {
  transcriber_.fail_at = 4s;
  EXPECT_THROW(run(), Error);
  EXPECT_EQ(transcriber_.recognised, 2);
  transcriber_.fail_at.reset();
  run();
  EXPECT_EQ(transcriber_.recognised, 3);
}

TEST_F(RunJobTest, DoesNotRecogniseAgainWhenOnlyTheTranslationFailed) {
  job_.spec.targets = {"es", "fr"};
  translator_.broken = true;
  EXPECT_THROW(run(), Error);
  translator_.broken = false;
  run();
  EXPECT_EQ(transcriber_.recognised, 3);
  EXPECT_EQ(translator_.translated, 2);
  run();
  EXPECT_EQ(translator_.translated, 2);
}

TEST_F(RunJobTest, FractionNeverGoesBackAndEndsAtOne) {
  job_.spec.targets = {"es", "fr"};
  run();
  EXPECT_TRUE(std::is_sorted(progress_.fractions.begin(), progress_.fractions.end()));
  EXPECT_DOUBLE_EQ(progress_.fractions.back(), 1.0);
}

TEST_F(RunJobTest, SpokenLanguageAmongTheTargetsIsSkippedWithANote) {
  job_.spec.targets = {"en-US"};
  const JobOutcome outcome = run();
  EXPECT_EQ(translator_.translated, 0);
  EXPECT_THAT(outcome.notes, Contains(HasSubstr("it was not translated to en-US")));
}

TEST_F(RunJobTest, StopEndsItAsCancelled) {
  std::stop_source stop;
  stop.request_stop();
  try {
    run(stop.get_token());
    FAIL() << "expected kCancelled";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

TEST_F(RunJobTest, VanishedSourceIsAClearError) {
  std::filesystem::remove(workspace_.source());
  try {
    run();
    FAIL() << "expected kNotFound";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST_F(RunJobTest, TimesEveryStageOnce) {
  job_.spec.targets = {"es"};
  run();
  EXPECT_EQ(timings_.stages,
            (std::vector<std::string>{"transcribe", "read", "translate", "layout", "write", "layout", "write", "job"}));
}

// What an earlier attempt did is not done, so it takes no time.
TEST_F(RunJobTest, TimesNothingThatWasTakenFromACheckpoint) {
  run();
  timings_.stages.clear();
  run();
  EXPECT_EQ(timings_.stages, (std::vector<std::string>{"layout", "write", "job"}));
}

TEST_F(RunJobTest, TheSameMediaIsRecognisedAndTranslatedOnce) {
  job_.spec.targets = {"es"};
  EXPECT_THAT(run().cached, IsEmpty());
  const std::string first = content("talk.es.srt");
  std::filesystem::remove(folder_ / "files" / "talk.es.srt");
  const JobOutcome outcome = run_again();
  EXPECT_EQ(transcriber_.recognised, 3);
  EXPECT_EQ(translator_.translated, 1);
  EXPECT_THAT(outcome.cached, ElementsAre("transcript", "es"));
  EXPECT_EQ(content("talk.es.srt"), first);
  EXPECT_TRUE(std::is_sorted(progress_.fractions.end() - 3, progress_.fractions.end()));
  ASSERT_THAT(checkpoints_.load("window"), SizeIs(1)) << "clients see the text as if it had been heard now";
  EXPECT_THAT(checkpoints_.load("window").at(0).payload, HasSubstr("Window of speech."));
}

TEST_F(RunJobTest, OtherFormatsProfilesAndTargetsUseTheTranscriptAgain) {
  run();
  job_.spec.formats = {"json", "tsv"};
  job_.spec.profile = "bbc";
  job_.spec.targets = {"fr"};
  job_.spec.source_name = "other.wav";
  EXPECT_THAT(run_again().cached, ElementsAre("transcript"));
  EXPECT_EQ(transcriber_.recognised, 3);
  EXPECT_EQ(translator_.translated, 1);
}

TEST_F(RunJobTest, AnotherPromptOrOwnerIsAnotherTranscript) {
  run();
  job_.spec.prompt = "names";
  run_again();
  EXPECT_EQ(transcriber_.recognised, 6);
  job_.owner = "ann";
  run_again();
  EXPECT_EQ(transcriber_.recognised, 9);
}

TEST_F(RunJobTest, WithoutTheCacheEverythingIsMadeAnewForNobodyElse) {
  job_.spec.targets = {"es"};
  job_.spec.cache = false;
  run();
  EXPECT_EQ(memory_.stats().entries, 0U);
  job_.spec.cache = true;
  run_again();
  job_.spec.cache = false;
  EXPECT_THAT(run_again().cached, IsEmpty());
  EXPECT_EQ(transcriber_.recognised, 9);
  EXPECT_EQ(translator_.translated, 3);
  EXPECT_THAT(checkpoints_.claimed, IsEmpty());
}

TEST_F(RunJobTest, AFailedJobLeavesNothingForOthers) {
  transcriber_.fail_at = 4s;
  EXPECT_THROW(run(), Error);
  EXPECT_EQ(memory_.stats().entries, 0U);
}

TEST_F(RunJobTest, AMakeshiftTranslationIsNotKept) {
  job_.spec.targets = {"es"};
  translator_.makeshift = true;
  run();
  EXPECT_THAT(run_again().cached, ElementsAre("transcript"));
  EXPECT_EQ(translator_.translated, 2);
}

TEST_F(RunJobTest, SaysWhatItHearsUnlessThatIsKnown) {
  run();
  ASSERT_THAT(checkpoints_.claimed, SizeIs(1));
  job_.work_key = checkpoints_.claimed.at(0);
  EXPECT_THAT(run_again().cached, ElementsAre("transcript"));
  EXPECT_THAT(checkpoints_.claimed, IsEmpty());
}

TEST_F(RunJobTest, WhatCameInByAnUploadIsThereForTheNext) {
  job_.upload_id = "upload";
  run();
  EXPECT_THAT(checkpoints_.claimed, IsEmpty()) << "what will have come is not known before";
  job_.upload_id.clear();
  EXPECT_THAT(run_again().cached, ElementsAre("transcript"));
}

}  // namespace
}  // namespace voxlate::pipeline
