#include "sphinx/sphinx_transcriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <span>
#include <sstream>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/speech/memory_audio.h"
#include "vad/energy_voice_detector.h"
#include "voxlate/error.h"
#include "voxlate/worker_slots.h"

namespace voxlate::sphinx {
namespace {

using speech::MemoryAudio;
using speech::MemoryLog;
using speech::Reports;
using std::chrono::milliseconds;

const std::filesystem::path kModel = "/usr/share/pocketsphinx/model/en-us";
const std::filesystem::path kSpeech = "/usr/share/pocketsphinx/test/data";  // package pocketsphinx-testdata

/// Headerless or WAV, 16-bit mono 16 kHz.
std::vector<float> read_speech(const std::string& name) {
  std::ifstream file(kSpeech / name, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const std::size_t header = name.ends_with(".wav") ? 44 : 0;
  std::vector<float> samples;
  for (std::size_t i = header; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<std::uint8_t>(bytes[i]);
    const auto high = static_cast<std::uint8_t>(bytes[i + 1]);
    samples.push_back(static_cast<float>(static_cast<std::int16_t>(low | (high << 8))) / 32768.0F);
  }
  return samples;
}

std::vector<float> with_pauses(const std::vector<std::string>& names, double pause_s) {
  std::vector<float> samples;
  for (const std::string& name : names) {
    const auto speech = read_speech(name);
    samples.insert(samples.end(), speech.begin(), speech.end());
    samples.resize(samples.size() + static_cast<std::size_t>(pause_s * kSampleRate));
  }
  return samples;
}

std::vector<std::string> words_in(const std::string& text) {
  std::string plain;
  for (const char c : text)
    if (c != '.') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  std::istringstream stream(plain);
  return {std::istream_iterator<std::string>(stream), {}};
}

std::size_t word_errors(const std::vector<std::string>& expected, const std::vector<std::string>& heard) {
  std::vector<std::size_t> row(heard.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= expected.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j < row.size(); ++j) {
      const std::size_t replaced = diagonal + (expected[i - 1] == heard[j - 1] ? 0U : 1U);
      diagonal = std::exchange(row[j], std::min({replaced, row[j] + 1, row[j - 1] + 1}));
    }
  }
  return row.back();
}

std::string text_of(const Transcript& transcript) {
  std::string text;
  for (const Segment& segment : transcript.segments) text += segment.text + " ";
  return text;
}

SphinxTranscriber make_transcriber(const SphinxTranscriber::Options& options) {
  return SphinxTranscriber(options, [] { return std::make_unique<vad::EnergyVoiceDetector>(); });
}

/// Takes everything for speech: one region, from the first sample to the last.
class EverythingIsSpeech final : public VoiceActivityDetector {
 public:
  void push(std::span<const float> samples) override { region_.end += static_cast<std::int64_t>(samples.size()); }
  void finish() override { finished_ = true; }
  std::optional<SpeechRegion> pop() override {
    if (!std::exchange(finished_, false)) return std::nullopt;
    return region_;
  }

 private:
  SpeechRegion region_;
  bool finished_ = false;
};

/// Tests that decode: one transcriber for all, as in the server.
class SphinxTranscriberTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    SphinxTranscriber::Options options;
    options.decoders = 2;
    shared_transcriber =
        std::make_unique<SphinxTranscriber>(options, [] { return std::make_unique<vad::EnergyVoiceDetector>(); });
  }
  static void TearDownTestSuite() { shared_transcriber.reset(); }

  void SetUp() override {
    if (!std::filesystem::exists(kModel)) GTEST_SKIP() << "the package pocketsphinx-en-us is not installed";
    if (!std::filesystem::exists(kSpeech)) GTEST_SKIP() << "the package pocketsphinx-testdata is not installed";
  }

  static Transcript transcribe(const std::vector<float>& samples, milliseconds start = {}) {
    MemoryAudio audio(samples, start);
    MemoryLog log;
    Reports reports;
    return shared_transcriber->transcribe(audio, {}, log, reports, {});
  }

  static inline std::unique_ptr<SphinxTranscriber> shared_transcriber;
};

/// Counts who is within; thread-safe.
class CountingSlots final : public WorkerSlots {
 public:
  bool take(const std::stop_token&) override {
    const std::scoped_lock lock(mutex_);
    most = std::max(most, ++active);
    ++taken;
    return true;
  }
  void take_now() override { ADD_FAILURE() << "nobody waits for an utterance"; }
  void give_back() override {
    const std::scoped_lock lock(mutex_);
    --active;
  }

  int taken = 0;
  int active = 0;
  int most = 0;

 private:
  std::mutex mutex_;
};

TEST_F(SphinxTranscriberTest, EveryUtteranceTakesAPlace) {
  CountingSlots slots;
  {
    SphinxTranscriber::Options options;
    options.decoders = 1;
    options.slots = &slots;
    SphinxTranscriber transcriber = make_transcriber(options);
    MemoryAudio audio(with_pauses({"goforward.raw", "goforward.raw"}, 2.0), {});
    MemoryLog log;
    Reports reports;
    EXPECT_EQ(transcriber.transcribe(audio, {}, log, reports, {}).segments.size(), 2U);
  }
  EXPECT_EQ(slots.taken, 2);
  EXPECT_EQ(slots.most, 1);
  EXPECT_EQ(slots.active, 0);
}

TEST_F(SphinxTranscriberTest, RecognisesACommandWithWordTimes) {
  const auto samples = read_speech("goforward.raw");
  const Transcript transcript = transcribe(samples, milliseconds{5'000});
  ASSERT_EQ(transcript.segments.size(), 1U);
  const Segment& segment = transcript.segments[0];
  EXPECT_EQ(segment.text, "Go forward ten meters.");
  EXPECT_EQ(transcript.language, "en");
  EXPECT_EQ(transcript.duration, milliseconds{samples.size() * 1000 / kSampleRate});
  ASSERT_EQ(segment.words.size(), 4U);
  EXPECT_GT(segment.confidence, 0.0F);
  EXPECT_LE(segment.confidence, 1.0F);
  milliseconds last{5'000};
  for (const Word& word : segment.words) {
    EXPECT_GE(word.begin, last);
    EXPECT_GT(word.end, word.begin);
    last = word.end;
  }
  EXPECT_LE(last, milliseconds{5'000} + transcript.duration);
  // By the level of the recording, speech begins at 0.50 s and ends at 2.25 s.
  EXPECT_NEAR(static_cast<double>(segment.words.front().begin.count()), 5'500, 150);
  EXPECT_NEAR(static_cast<double>(segment.words.back().end.count()), 7'250, 200);
}

TEST_F(SphinxTranscriberTest, ReadsABookWithAKnownShareOfErrors) {
  std::vector<std::string> names;
  for (const char* number : {"0870", "0880", "0890", "0920", "0930"})
    names.push_back(std::string("librivox/sense_and_sensibility_01_austen_64kb-") + number + ".wav");
  const Transcript transcript = transcribe(with_pauses(names, 1.5));
  const auto expected = words_in(
      "and mister john dashwood had then leisure to consider how much there might be prudently in his power to do for "
      "them he was not an ill disposed young man unless to be rather cold hearted and rather selfish is to be ill "
      "disposed had he married a more a amiable woman he might have been made still more respectable than he was he "
      "might even have been made amiable himself");
  const auto errors = static_cast<double>(word_errors(expected, words_in(text_of(transcript))));
  EXPECT_LE(errors / static_cast<double>(expected.size()), 0.35) << text_of(transcript);
  EXPECT_GE(transcript.segments.size(), 5U) << "every pause of 1.5 s ends a segment";
  milliseconds last{0};
  for (const Segment& segment : transcript.segments) {
    EXPECT_GE(segment.begin, last);
    EXPECT_EQ(segment.text.back(), '.');
    last = segment.end;
  }
  EXPECT_LE(last, transcript.duration);
}

TEST_F(SphinxTranscriberTest, LongSilenceBetweenTwoSentencesLosesNothing) {
  const auto speech = read_speech("cards/001.wav");
  std::vector<float> samples(60 * kSampleRate);
  samples.insert(samples.end(), speech.begin(), speech.end());
  samples.resize(samples.size() + 60 * kSampleRate);
  samples.insert(samples.end(), speech.begin(), speech.end());
  const Transcript transcript = transcribe(samples);
  ASSERT_EQ(transcript.segments.size(), 2U);
  const double clip_ms = static_cast<double>(speech.size()) * 1000 / kSampleRate;
  EXPECT_NEAR(static_cast<double>(transcript.segments[0].begin.count()), 60'000, 500);
  EXPECT_NEAR(static_cast<double>(transcript.segments[1].begin.count()), 120'000 + clip_ms, 500);
}

TEST_F(SphinxTranscriberTest, ReportsProgressUpToTheEnd) {
  const auto samples = with_pauses({"cards/001.wav", "goforward.raw"}, 3);
  MemoryAudio audio(samples);
  MemoryLog log;
  Reports reports;
  shared_transcriber->transcribe(audio, {}, log, reports, {});
  EXPECT_EQ(reports.total(), audio.duration());
  EXPECT_EQ(reports.done(), audio.duration());
}

TEST_F(SphinxTranscriberTest, LogsWindowsInOrderAndDoesNotRepeatThem) {
  const auto samples = with_pauses({"cards/001.wav", "goforward.raw", "cards/003.wav"}, 3);
  MemoryLog log;
  Transcript first;
  {
    MemoryAudio audio(samples);
    Reports reports;
    first = shared_transcriber->transcribe(audio, {}, log, reports, {});
  }
  ASSERT_EQ(log.added().size(), 3U);
  EXPECT_LT(log.added()[0].end, log.added()[1].begin);

  // As after a crash: the last window is missing, and the others can be told from a new recognition.
  log.windows().erase({log.added()[2].begin, log.added()[2].end});
  for (auto& [times, window] : log.windows()) window.segments.front().text = "kept";
  log.added().clear();
  MemoryAudio audio(samples);
  Reports reports;
  const Transcript second = shared_transcriber->transcribe(audio, {}, log, reports, {});
  EXPECT_EQ(log.added().size(), 1U);
  ASSERT_EQ(second.segments.size(), 3U);
  EXPECT_EQ(second.segments[0].text, "kept");
  EXPECT_EQ(second.segments[1].text, "kept");
  EXPECT_EQ(second.segments[2], first.segments[2]);
}

TEST_F(SphinxTranscriberTest, JobsSideBySideGetWhatTheyGetAlone) {
  const auto cards = with_pauses({"cards/005.wav", "cards/003.wav", "cards/001.wav"}, 2);
  const auto command = with_pauses({"goforward.raw", "goforward.raw"}, 2);
  const Transcript cards_alone = transcribe(cards);
  const Transcript command_alone = transcribe(command);
  ASSERT_FALSE(cards_alone.segments.empty());
  Transcript cards_beside;
  Transcript command_beside;
  {
    const std::jthread one([&] { cards_beside = transcribe(cards); });
    const std::jthread two([&] { command_beside = transcribe(command); });
  }
  EXPECT_EQ(cards_beside, cards_alone);
  EXPECT_EQ(command_beside, command_alone);
}

TEST_F(SphinxTranscriberTest, StopsSoonWhileDecoding) {
  std::vector<float> samples = read_speech("librivox/sense_and_sensibility_01_austen_64kb-0870.wav");
  MemoryAudio audio(samples);
  MemoryLog log;
  Reports reports;
  // Reading 7.1 s gives 28 reports; the ones after that come from the wait for the decoder.
  reports.stop_after(32);
  const auto before = std::chrono::steady_clock::now();
  const auto failure = [&]() -> std::optional<ErrorCode> {
    try {
      shared_transcriber->transcribe(audio, {}, log, reports, reports.token());
      return std::nullopt;
    } catch (const Error& error) {
      return error.code();
    }
  }();
  EXPECT_EQ(failure, ErrorCode::kCancelled);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{10});
  EXPECT_TRUE(log.added().empty());
}

TEST_F(SphinxTranscriberTest, TakesSettingsInPlaceOfTheTunedOnes) {
  SphinxTranscriber::Options options;
  options.decoders = 1;
  options.settings = {{"-lw", "6.5"}, {"-topn", "2"}};
  SphinxTranscriber transcriber = make_transcriber(options);
  MemoryAudio audio(read_speech("cards/001.wav"));
  MemoryLog log;
  Reports reports;
  const Transcript transcript = transcriber.transcribe(audio, {}, log, reports, {});
  ASSERT_EQ(transcript.segments.size(), 1U);
  EXPECT_EQ(transcript.segments[0].text, "Ten of clubs.");
}

TEST_F(SphinxTranscriberTest, SurvivesAnySoundOfAnyLength) {
  SphinxTranscriber::Options options;
  options.decoders = 1;
  SphinxTranscriber transcriber(options, [] { return std::make_unique<EverythingIsSpeech>(); });
  std::minstd_rand random(3);
  std::uniform_real_distribution<float> noise(-1, 1);
  for (const std::size_t length : {1U, 159U, 1599U, 1600U, 1601U, 2000U, 3333U, 16000U}) {
    for (const int kind : {0, 1, 2}) {
      std::vector<float> samples(length);
      for (std::size_t i = 0; i < length; ++i)
        samples[i] = kind == 0 ? 0.0F : kind == 1 ? 5.0F : noise(random);  // silence, overdriven, noise
      MemoryAudio audio(samples);
      MemoryLog log;
      Reports reports;
      const Transcript transcript = transcriber.transcribe(audio, {}, log, reports, {});
      ASSERT_EQ(log.added().size(), 1U);
      for (const Segment& segment : transcript.segments) EXPECT_LE(segment.end, transcript.duration);
    }
  }
}

TEST_F(SphinxTranscriberTest, RefusesASettingTheLibraryDoesNotKnow) {
  SphinxTranscriber::Options options;
  options.decoders = 1;
  options.settings = {{"-no-such-setting", "1"}};
  SphinxTranscriber transcriber = make_transcriber(options);
  MemoryAudio audio(read_speech("cards/001.wav"));
  MemoryLog log;
  Reports reports;
  try {
    transcriber.transcribe(audio, {}, log, reports, {});
    FAIL() << "expected kUnavailable";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
}

TEST(SphinxTranscriber, SaysWhatItIs) {
  const TranscriberInfo info = make_transcriber({}).info();
  EXPECT_EQ(info.id, "sphinx");
  EXPECT_THAT(info.languages, testing::ElementsAre("en"));
  EXPECT_THAT(info.notice, testing::HasSubstr("Whisper"));
}

TEST(SphinxTranscriber, FindsNothingInSilence) {
  MemoryAudio audio(std::vector<float>(10 * kSampleRate));
  MemoryLog log;
  Reports reports;
  const Transcript transcript = make_transcriber({}).transcribe(audio, {.language = "en-GB"}, log, reports, {});
  EXPECT_TRUE(transcript.segments.empty());
  EXPECT_EQ(transcript.duration, milliseconds{10'000});
  EXPECT_TRUE(log.added().empty());
}

TEST(SphinxTranscriber, RefusesOtherLanguages) {
  MemoryAudio audio({});
  MemoryLog log;
  Reports reports;
  SphinxTranscriber transcriber = make_transcriber({});
  try {
    transcriber.transcribe(audio, {.language = "th"}, log, reports, {});
    FAIL() << "expected kUnsupported";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
  }
}

TEST(SphinxTranscriber, NamesThePackageWhenTheModelIsMissing) {
  SphinxTranscriber::Options options;
  options.model_folder = "/nonexistent";
  EXPECT_FALSE(model_is_installed(options.model_folder));
  SphinxTranscriber transcriber = make_transcriber(options);
  std::vector<float> samples(3 * kSampleRate);
  for (std::size_t i = kSampleRate; i < 2 * kSampleRate; ++i) samples[i] = i % 40 < 20 ? 0.2F : -0.2F;
  MemoryAudio audio(samples);
  MemoryLog log;
  Reports reports;
  try {
    transcriber.transcribe(audio, {}, log, reports, {});
    FAIL() << "expected kUnavailable";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), testing::HasSubstr("pocketsphinx-en-us"));
  }
}

}  // namespace
}  // namespace voxlate::sphinx
