#include "whisper/whisper_transcriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>
#include <vector>

#include "tests/contract/held_audio.h"
#include "tests/unit/speech/memory_audio.h"
#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"
#include "voxlate/error.h"
#include "whisper/languages.h"

namespace voxlate::whisper {
namespace {

using speech::KnownSpeech;
using speech::MemoryAudio;
using speech::MemoryLog;
using speech::Reports;
using std::chrono::milliseconds;
using namespace std::chrono_literals;

constexpr std::int64_t kSecond = kSampleRate;

/// A network of made-up words behind the real transcriber; what it says is `texts`, window after window.
class WhisperTranscriberTest : public ::testing::Test {
 protected:
  /// A word that is said again and again, as people do who count: as often as it takes.
  struct Said {
    std::string word;
    int begin_ms;
    int end_ms;

    int times() const { return std::max(1, (end_ms - begin_ms) / 1300); }
  };

  /// One element per window; in it, several segments with pairs of timestamps between them.
  using Windows = std::vector<std::vector<Said>>;

  /// The tokens of a window. `closed` ends it with one timestamp, else with two: there is more to be heard.
  std::vector<int> tokens_of(const std::vector<Said>& window, bool closed) const {
    std::vector<int> tokens;
    for (const Said& said : window) {
      tokens.push_back(tokenizer_.timestamp_begin() + said.begin_ms / 20);
      tokens.insert(tokens.end(), static_cast<std::size_t>(said.times()), tokenizer_.encode(said.word).front());
      tokens.push_back(tokenizer_.timestamp_begin() + said.end_ms / 20);
    }
    if (!closed) tokens.push_back(tokens.back());
    return tokens;
  }

  std::shared_ptr<const WhisperModel> model_saying(std::vector<std::vector<int>> windows) {
    windows_ = std::move(windows);
    auto network = std::make_shared<ScriptedNetwork>(
        tokenizer_, [this](std::span<const int> tokens, std::span<float> logits) { speak(tokens, logits); }, 448,
        vocabulary_, [this](std::span<const int> text) { return heard(text); });
    return std::make_shared<WhisperModel>("made-up", std::move(network), WindowBatcher::Options{});
  }

  void speak(std::span<const int> tokens, std::span<float> logits) {
    if (short_of_memory_ > 0) {
      --short_of_memory_;
      throw Error(ErrorCode::kOutOfMemory, "no memory");
    }
    if (tokens.size() == 1) {  // the start alone: a vote on the language
      logits[static_cast<std::size_t>(tokenizer_.language_token(2))] = 5;
      return;
    }
    const auto task = std::find_if(tokens.begin(), tokens.end(), [&](int token) {
      return token == tokenizer_.transcribe() || token == tokenizer_.translate();
    });
    const auto said = static_cast<std::size_t>(tokens.end() - task) - 1;
    if (said == 0) {
      window_ = next_window_++;
      prompts_.emplace_back(tokens.begin(), task);
    }
    const std::vector<int>& text = windows_.at(window_);
    logits[static_cast<std::size_t>(said < text.size() ? text[said] : tokenizer_.eot())] = 20;
  }

  /// The words between two timestamps share the time evenly, in the first window `late_s_` later.
  std::vector<std::pair<double, double>> heard(std::span<const int> text) const {
    std::vector<std::pair<double, double>> heard;
    const std::vector<int>& window = windows_.at(window_);
    for (std::size_t i = 0; i < window.size() && heard.size() < text.size();) {
      const auto begin = window.begin() + static_cast<std::ptrdiff_t>(i);
      const auto end = std::find_if(begin + 1, window.end(), [&](int token) { return tokenizer_.is_timestamp(token); });
      const auto words = static_cast<std::size_t>(end - begin) - 1;
      const double length =
          (tokenizer_.timestamp(*end) - tokenizer_.timestamp(*begin)) / 1.0s / static_cast<double>(words);
      const double first = tokenizer_.timestamp(*begin) / 1.0s + (window_ == 0 ? late_s_ : 0);
      for (std::size_t word = 0; word < words; ++word)
        heard.emplace_back(first + static_cast<double>(word) * length, first + static_cast<double>(word + 1) * length);
      i += words + 2;
    }
    return heard;
  }

  Transcript transcribe(const std::shared_ptr<const WhisperModel>& model, double seconds,
                        std::vector<SpeechRegion> regions, const TranscribeOptions& options = {.language = "en"}) {
    WhisperTranscriber transcriber(
        options_, [] { return TranscriberInfo{}; }, [&](const std::string&, std::stop_token) { return model; },
        fallback_, [&] { return std::make_unique<KnownSpeech>(regions); });
    MemoryAudio audio(std::vector<float>(static_cast<std::size_t>(seconds * kSampleRate)), start_);
    Reports reports;
    reports.stop_after(stop_after_);
    return transcriber.transcribe(audio, options, log_, reports, reports.token());
  }

  /// The first word of each segment.
  static std::vector<std::string> texts(const Transcript& transcript) {
    std::vector<std::string> texts;
    for (const Segment& segment : transcript.segments) texts.push_back(segment.words.at(0).text);
    return texts;
  }

  static void expect_in_order(const Transcript& transcript, milliseconds start) {
    milliseconds at = start;
    for (const Segment& segment : transcript.segments) {
      EXPECT_GE(segment.begin, at);
      EXPECT_GE(segment.end, segment.begin);
      at = segment.end;
    }
    EXPECT_LE(at, start + transcript.duration);
  }

  const std::vector<std::string> vocabulary_ = small_vocabulary({" one", " two", " three", " four"});
  const Tokenizer tokenizer_{vocabulary_, small_n_vocab(vocabulary_.size(), 4)};
  WhisperTranscriber::Options options_ = [] {
    WhisperTranscriber::Options options;
    options.decoding.beam_size = 1;
    options.decoding.max_compression_ratio = 100;
    options.max_pending = 1;  // the script knows windows by their order
    return options;
  }();
  WhisperTranscriber::Fallback fallback_;
  milliseconds start_{0};
  MemoryLog log_;
  int stop_after_ = 0;
  std::atomic<int> short_of_memory_ = 0;  ///< steps that fail
  double late_s_ = 0;
  std::vector<std::vector<int>> windows_;
  std::size_t next_window_ = 0;
  std::size_t window_ = 0;
  std::vector<std::vector<int>> prompts_;  ///< of the windows, up to the task
};

TEST_F(WhisperTranscriberTest, EachStretchOfSpeechIsAWindowInMediaTime) {
  start_ = milliseconds(1500);
  const auto model = model_saying({tokens_of({{" one", 0, 3000}}, true), tokens_of({{" three", 0, 4000}}, true)});
  const Transcript transcript = transcribe(model, 60, {{2 * kSecond, 5 * kSecond}, {40 * kSecond, 44 * kSecond}});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "three"));
  EXPECT_GE(transcript.segments[0].begin, milliseconds(3500));
  EXPECT_LE(transcript.segments[0].end, milliseconds(6500));
  EXPECT_GE(transcript.segments[1].begin, milliseconds(41'500));
  EXPECT_EQ(transcript.duration, milliseconds(60'000));
  EXPECT_EQ(transcript.engine, "whisper made-up");
  expect_in_order(transcript, start_);
  ASSERT_EQ(log_.added().size(), 2U);
  EXPECT_EQ(log_.added()[1].begin, milliseconds(41'500));
}

TEST_F(WhisperTranscriberTest, WithoutSpeechThereIsNoTextAndNothingIsDecoded) {
  const auto model = model_saying({});
  const Transcript transcript = transcribe(model, 90, {});
  EXPECT_TRUE(transcript.segments.empty());
  EXPECT_EQ(transcript.duration, milliseconds(90'000));
}

TEST_F(WhisperTranscriberTest, AWindowWhoseTextEndsEarlyGoesOnFromThere) {
  const auto model = model_saying({tokens_of({{" one", 0, 8000}}, /*closed=*/false),
                                   tokens_of({{" two", 0, 6000}}, true), tokens_of({{" three", 0, 5500}}, true)});
  const Transcript transcript = transcribe(model, 30, {{0, 20 * kSecond}});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "two", "three"))
      << "two closed windows left six seconds of speech";
  EXPECT_GE(transcript.segments[1].begin, milliseconds(8000));
  EXPECT_GE(transcript.segments[2].begin, milliseconds(13'500));
  expect_in_order(transcript, start_);
  EXPECT_EQ(log_.added().size(), 1U) << "it is one window of the log";
}

TEST_F(WhisperTranscriberTest, SpeechThatAWindowLeftOutIsDecodedOnItsOwn) {
  const auto model = model_saying(
      {tokens_of({{" one", 0, 4000}, {" three", 11'000, 20'000}}, true), tokens_of({{" two", 0, 5000}}, true)});
  const Transcript transcript =
      transcribe(model, 30, {{0, 4 * kSecond}, {5 * kSecond, 10 * kSecond}, {11 * kSecond, 20 * kSecond}});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "two", "three"));
  expect_in_order(transcript, start_);
  EXPECT_EQ(log_.added().size(), 1U);
}

TEST_F(WhisperTranscriberTest, WhatWasTimedTooLateIsNotSaidTwice) {
  late_s_ = 10;
  const auto model =
      model_saying({tokens_of({{" one", 0, 4000}}, true), tokens_of({{" one", 0, 4000}, {" two", 4000, 10'000}}, true),
                    tokens_of({{" three", 0, 4000}}, true)});
  const Transcript transcript = transcribe(model, 20, {{0, 14 * kSecond}});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "two", "three"));
  expect_in_order(transcript, start_);
}

TEST_F(WhisperTranscriberTest, FinishedWindowsAreNotDecodedAgain) {
  const std::vector<SpeechRegion> regions{{0, 5 * kSecond}, {20 * kSecond, 25 * kSecond}};
  const auto model = model_saying({tokens_of({{" one", 0, 5000}}, true), tokens_of({{" two", 0, 5000}}, true)});
  const Transcript first = transcribe(model, 30, regions);
  EXPECT_EQ(transcribe(model, 30, regions).segments, first.segments) << "a third window would be none of the script";
  EXPECT_EQ(log_.added().size(), 2U);
}

TEST_F(WhisperTranscriberTest, SequentialWindowsBeginWhereTheOneBeforeEnded) {
  options_.long_audio = LongAudio::kSequential;
  const auto model = model_saying({tokens_of({{" one", 0, 10'000}, {" two", 12'000, 22'000}}, /*closed=*/false),
                                   tokens_of({{" three", 1000, 20'000}}, true), tokens_of({{" four", 0, 6000}}, true)});
  const Transcript transcript = transcribe(model, 60, {});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "two", "three", "four"));
  ASSERT_EQ(log_.added().size(), 3U);
  EXPECT_EQ(log_.added()[1].begin, milliseconds(22'000));
  EXPECT_EQ(log_.added()[2].begin, milliseconds(52'000));
  EXPECT_EQ(transcript.duration, milliseconds(60'000));
  expect_in_order(transcript, start_);
}

TEST_F(WhisperTranscriberTest, WithoutVoiceActivityDetectionAllOfTheAudioIsHeard) {
  const auto model =
      model_saying({tokens_of({{" one", 0, 20'000}}, /*closed=*/false), tokens_of({{" two", 0, 6000}}, true)});
  const Transcript transcript = transcribe(model, 26, {}, {.language = "en", .vad = false});
  EXPECT_THAT(texts(transcript), ::testing::ElementsAre("one", "two"));
}

TEST_F(WhisperTranscriberTest, AResumedSequentialJobHasTheContextThatItWouldHaveHad) {
  options_.long_audio = LongAudio::kSequential;
  const auto model =
      model_saying({tokens_of({{" one", 0, 20'000}}, /*closed=*/false),
                    tokens_of({{" three", 0, 20'000}}, /*closed=*/false), tokens_of({{" four", 0, 20'000}}, true)});
  const Transcript whole = transcribe(model, 60, {});
  ASSERT_EQ(prompts_.size(), 3U);
  EXPECT_GT(prompts_[2].size(), prompts_[1].size()) << "the text before is context";
  log_.windows().erase({log_.added()[1].begin, log_.added()[1].end});
  log_.windows().erase({log_.added()[2].begin, log_.added()[2].end});
  next_window_ = 1;
  EXPECT_EQ(transcribe(model, 60, {}), whole);
  ASSERT_EQ(prompts_.size(), 5U);
  EXPECT_EQ(prompts_[3], prompts_[1]);
  EXPECT_EQ(prompts_[4], prompts_[2]);
}

TEST_F(WhisperTranscriberTest, TheWindowsVoteOnTheLanguage) {
  const auto model = model_saying({tokens_of({{" one", 0, 5000}}, true)});
  const Transcript transcript = transcribe(model, 10, {{0, 5 * kSecond}}, {});
  EXPECT_EQ(transcript.language, bcp47_code(2));
}

TEST_F(WhisperTranscriberTest, WithoutMemoryOnTheDeviceAWindowIsTriedAgainAndThenElsewhere) {
  const auto saying = [&] {
    return model_saying({tokens_of({{" one", 0, 5000}}, true), tokens_of({{" two", 0, 5000}}, true)});
  };
  const std::vector<SpeechRegion> regions{{0, 5 * kSecond}, {20 * kSecond, 25 * kSecond}};
  const Transcript expected = transcribe(saying(), 30, regions);
  int asked = 0;
  fallback_ = [&](const WhisperModel& model, std::stop_token) {
    EXPECT_EQ(model.name(), "made-up");
    ++asked;
    short_of_memory_ = 0;
    return saying();
  };
  for (const auto& [failures, fallbacks] : {std::pair{1, 0}, {2, 1}}) {
    log_.windows().clear();
    next_window_ = 0;
    asked = 0;
    const auto model = saying();
    short_of_memory_ = failures;
    EXPECT_EQ(transcribe(model, 30, regions).segments, expected.segments) << failures;
    EXPECT_EQ(asked, fallbacks);
  }
  log_.windows().clear();
  fallback_ = {};
  const auto model = saying();
  short_of_memory_ = 2;
  try {
    transcribe(model, 30, regions);
    FAIL() << "there is nowhere to go";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
  }
}

TEST_F(WhisperTranscriberTest, RefusesALanguageThatTheModelDoesNotKnow) {
  const auto model = model_saying({});
  for (const char* language : {"tlh", "yue"}) {
    try {
      transcribe(model, 1, {}, {.language = language});
      FAIL();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
      EXPECT_THAT(error.what(), ::testing::HasSubstr(language));
    }
  }
}

TEST_F(WhisperTranscriberTest, NothingOfARunThatFailedStaysInTheBatch) {
  HeldAudio* audio = nullptr;  // which fails while the window is decoded
  // A window that begins with a 'z' goes on for ever; only when it has left is there a place for another.
  const auto speak = [&](std::span<const int> tokens, std::span<float> logits) {
    constexpr std::size_t kStart = 3;
    const std::size_t said = tokens.size() - std::min(tokens.size(), kStart);
    const auto say = [&](int token) { logits[static_cast<std::size_t>(token)] = 20; };
    if (said == 0) return say(tokenizer_.timestamp_begin());
    if (said == 1) return say(audio != nullptr ? 'z' : 'a');
    if (tokens[kStart + 1] != 'z') return say(said == 2 ? tokenizer_.timestamp_begin() + 50 : tokenizer_.eot());
    if (said == 10) audio->fail();
    say('a' + static_cast<int>((said * 2654435761U >> 13U) % 23));
  };
  auto network = std::make_shared<ScriptedNetwork>(tokenizer_, speak, /*n_text_ctx=*/1 << 20, vocabulary_);
  auto model = std::make_shared<const WhisperModel>("made-up", network, WindowBatcher::Options{.max_windows = 1});
  for (const LongAudio way : {LongAudio::kChunked, LongAudio::kSequential}) {
    options_.long_audio = way;
    WhisperTranscriber transcriber(
        options_, [] { return TranscriberInfo{}; }, [&](const std::string&, std::stop_token) { return model; },
        fallback_,
        [] {
          return std::make_unique<KnownSpeech>(std::vector<SpeechRegion>{{0, 5 * kSecond}});
        });
    HeldAudio failing(std::vector<float>(90 * kSampleRate), /*there_s=*/60);
    audio = &failing;
    Reports reports;
    try {
      transcriber.transcribe(failing, {.language = "en"}, log_, reports, {});
      FAIL() << "expected the error of the source";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
    }
    audio = nullptr;
    EXPECT_EQ(transcribe(model, 10, {{0, 1 * kSecond}}).segments.size(), 1U);
    EXPECT_EQ(network->open_sequences(), 0);
    log_.windows().clear();
  }
}

TEST_F(WhisperTranscriberTest, ACancelEndsTheCall) {
  const auto model = model_saying({tokens_of({{" one", 0, 5000}}, true)});
  stop_after_ = 1;
  try {
    transcribe(model, 30, {{0, 5 * kSecond}});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
}

}  // namespace
}  // namespace voxlate::whisper
