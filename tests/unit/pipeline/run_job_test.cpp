#include "pipeline/run_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <fstream>

#include "base/data_folder.h"
#include "base/temporary_folder.h"
#include "media/direct_media_reader.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

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
    for (Segment& segment : translation.segments) segment.text = std::string(target) + " " + segment.text;
    progress.update(Stage::kTranslating, transcript.duration, transcript.duration);
    return translation;
  }

  int translated = 0;
  bool broken = false;
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

  std::vector<Checkpoint> all;
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
                         .timings = timings_};
    return run_job(job_, workspace_, tools, checkpoints_, progress_, std::move(stop));
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

}  // namespace
}  // namespace voxlate::pipeline
