// What every recogniser promises about the audio that it is given, run against each of them.

#include "voxlate/transcriber.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "sphinx/sphinx_transcriber.h"
#include "tests/contract/held_audio.h"
#include "tests/unit/speech/memory_audio.h"
#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"
#include "voxlate/error.h"
#include "whisper/whisper_transcriber.h"

namespace voxlate {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

constexpr auto kAtOnce = 1500ms;   // a decode step, and a machine that is busy with others
constexpr auto kEventually = 60s;  // for what has to happen and cannot be waited for otherwise

const std::filesystem::path kClips = "/usr/share/pocketsphinx/test/data";  // package pocketsphinx-testdata

/// Speech and where it is: the same clip again and again.
struct Talk {
  std::vector<float> samples;
  std::vector<SpeechRegion> regions;
};

/// 16-bit mono 16 kHz, behind `header` bytes.
std::vector<float> read_clip(const std::string& name, std::size_t header) {
  std::ifstream file(kClips / name, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  std::vector<float> samples;
  for (std::size_t i = header; i + 1 < bytes.size(); i += 2) {
    const auto low = static_cast<std::uint8_t>(bytes[i]);
    const auto high = static_cast<std::uint8_t>(bytes[i + 1]);
    samples.push_back(static_cast<float>(static_cast<std::int16_t>(low | (high << 8U))) / 32768.0F);
  }
  return samples;
}

/// `clip` at every 20 s.
Talk talk_of(const std::vector<float>& clip, int times) {
  constexpr std::size_t kEvery = 20U * kSampleRate;
  Talk talk{.samples = std::vector<float>(kEvery * static_cast<std::size_t>(times)), .regions = {}};
  for (std::size_t begin = 0; begin < talk.samples.size(); begin += kEvery) {
    std::copy(clip.begin(), clip.end(), talk.samples.begin() + static_cast<std::ptrdiff_t>(begin));
    talk.regions.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(begin + clip.size())});
  }
  return talk;
}

Talk short_sentences(int times) { return talk_of(read_clip("goforward.raw", 0), times); }

/// Each takes seconds to recognise.
Talk long_sentences(int times) {
  return talk_of(read_clip("librivox/sense_and_sensibility_01_austen_64kb-0870.wav", 44), times);
}

using MakeDetector = std::function<std::unique_ptr<VoiceActivityDetector>()>;

/// What the windows of a made-up network say.
enum class Says { kOneWord, kNoEnd };

/// A recogniser with two windows under way at most.
struct Engine {
  const char* name;
  std::unique_ptr<Transcriber> (*make)(Says says, MakeDetector make_detector);
  std::size_t windows_in_70_s;  ///< of `short_sentences`
  double waits_at_s;            ///< of `long_sentences`: a read that waits there finds windows under way, if it can
  double full_at_s;             ///< of `long_sentences`: so much is read when there is no room for more
};

void PrintTo(const Engine& engine, std::ostream* out) { *out << engine.name; }

std::unique_ptr<Transcriber> make_sphinx(Says /*says*/, MakeDetector make_detector) {
  sphinx::SphinxTranscriber::Options options;
  options.decoders = 1;
  return std::make_unique<sphinx::SphinxTranscriber>(options, std::move(make_detector));
}

std::unique_ptr<Transcriber> make_whisper(Says says, MakeDetector make_detector, whisper::LongAudio long_audio) {
  const auto vocabulary = whisper::small_vocabulary({});
  const auto tokenizer =
      std::make_shared<whisper::Tokenizer>(vocabulary, whisper::small_n_vocab(vocabulary.size(), /*n_languages=*/4));
  const auto speak = [tokenizer, says](std::span<const int> tokens, std::span<float> logits) {
    constexpr std::size_t kStart = 3;  // start, language, task
    constexpr int kTwoSeconds = 100;
    const std::size_t said = tokens.size() - std::min(tokens.size(), kStart);
    if (said == 0) {
      logits[static_cast<std::size_t>(tokenizer->timestamp_begin())] = 20;
    } else if (said == 1 || says == Says::kNoEnd) {
      logits['a' + (said * 2654435761U >> 13U) % 23] = 20;
    } else {
      logits[static_cast<std::size_t>(said == 2 ? tokenizer->timestamp_begin() + kTwoSeconds : tokenizer->eot())] = 20;
    }
  };
  auto network = std::make_shared<whisper::ScriptedNetwork>(*tokenizer, speak, /*n_text_ctx=*/1 << 20, vocabulary);
  auto model =
      std::make_shared<const whisper::WhisperModel>("made-up", std::move(network), whisper::WindowBatcher::Options{});
  whisper::WhisperTranscriber::Options options;
  options.long_audio = long_audio;
  options.decoding.beam_size = 1;
  options.max_pending = 2;
  options.condition_on_previous = false;
  return std::make_unique<whisper::WhisperTranscriber>(
      options, [] { return TranscriberInfo{}; }, [model](const std::string&, std::stop_token) { return model; },
      whisper::WhisperTranscriber::Fallback{}, std::move(make_detector));
}

std::unique_ptr<Transcriber> make_chunked(Says says, MakeDetector make_detector) {
  return make_whisper(says, std::move(make_detector), whisper::LongAudio::kChunked);
}

std::unique_ptr<Transcriber> make_sequential(Says says, MakeDetector make_detector) {
  return make_whisper(says, std::move(make_detector), whisper::LongAudio::kSequential);
}

/// Tells when so many windows were added.
class CountingLog final : public WindowLog {
 public:
  explicit CountingLog(std::size_t awaited) : awaited_(awaited) {}

  std::optional<Window> find(milliseconds /*begin*/, milliseconds /*end*/) const override { return std::nullopt; }
  void add(const Window& window) override {
    windows_.push_back(window);
    if (windows_.size() == awaited_) reached_.set_value();
  }

  std::future<void> reached() { return reached_.get_future(); }
  const std::vector<Window>& windows() const { return windows_; }

 private:
  const std::size_t awaited_;
  std::promise<void> reached_;
  std::vector<Window> windows_;
};

/// No room for anything.
class FullLog final : public WindowLog {
 public:
  std::optional<Window> find(milliseconds /*begin*/, milliseconds /*end*/) const override { return std::nullopt; }
  void add(const Window& /*window*/) override { throw Error(ErrorCode::kStorageFull, "the disk is full"); }
};

class TranscriberContract : public ::testing::TestWithParam<Engine> {
 protected:
  void SetUp() override {
    if (!std::filesystem::exists(kClips)) GTEST_SKIP() << "the package pocketsphinx-testdata is not installed";
    if (!sphinx::model_is_installed({})) GTEST_SKIP() << "the package pocketsphinx-en-us is not installed";
  }

  struct Ended {
    Transcript transcript;
    std::optional<ErrorCode> error;
    std::chrono::steady_clock::time_point at;
  };

  static std::unique_ptr<Transcriber> make(Says says, const Talk& talk) {
    return GetParam().make(says, [regions = talk.regions] { return std::make_unique<speech::KnownSpeech>(regions); });
  }

  /// Transcribes in another thread.
  std::future<Ended> begin(Transcriber& transcriber, AudioSource& audio, WindowLog& log) {
    return std::async(std::launch::async, [&] {
      Ended ended;
      try {
        ended.transcript = transcriber.transcribe(audio, {.language = "en"}, log, reports_, stop_.get_token());
      } catch (const Error& error) {
        ended.error = error.code();
      }
      ended.at = std::chrono::steady_clock::now();
      return ended;
    });
  }

  /// Waits for it, and stops what does not end.
  Ended end_of(std::future<Ended>& ended) {
    if (ended.wait_for(kEventually) != std::future_status::ready) stop_.request_stop();
    return ended.get();
  }

  std::stop_source stop_;
  speech::Reports reports_;
};

TEST_P(TranscriberContract, FinishedWindowsComeOutWhileTheSourceWaits) {
  const Talk talk = short_sentences(4);
  const auto transcriber = make(Says::kOneWord, talk);
  HeldAudio audio(talk.samples, /*there_s=*/70);
  CountingLog log(GetParam().windows_in_70_s);
  std::future<void> published = log.reached();
  std::future<Ended> ended = begin(*transcriber, audio, log);
  const bool in_time = published.wait_for(kEventually) == std::future_status::ready;
  EXPECT_TRUE(in_time) << "a window that is finished waits for audio that has not arrived";
  if (in_time) {
    audio.await_waiting_reader();
    EXPECT_EQ(log.windows().size(), GetParam().windows_in_70_s);
  }
  audio.release();
  const Ended result = ended.get();
  EXPECT_EQ(result.error, std::nullopt);
  EXPECT_EQ(result.transcript.duration, 80s);
  EXPECT_GE(result.transcript.segments.size(), GetParam().windows_in_70_s);
  milliseconds at{0};
  for (const Window& window : log.windows()) {
    EXPECT_GE(window.begin, at) << "windows come out in the order of the media";
    at = window.end;
  }
  at = milliseconds{0};
  for (const Segment& segment : result.transcript.segments) {
    EXPECT_GE(segment.begin, at);
    at = segment.end;
  }
}

TEST_P(TranscriberContract, ASourceThatFailsWhileItIsReadEndsTheCallAtOnce) {
  const Talk talk = long_sentences(3);
  const auto transcriber = make(Says::kNoEnd, talk);
  HeldAudio audio(talk.samples, GetParam().waits_at_s);
  speech::MemoryLog log;
  std::future<Ended> ended = begin(*transcriber, audio, log);
  audio.await_waiting_reader();
  const auto failed = std::chrono::steady_clock::now();
  audio.fail();
  const Ended result = end_of(ended);
  EXPECT_EQ(result.error, ErrorCode::kCorrupt);
  EXPECT_LT(result.at - failed, kAtOnce);
}

TEST_P(TranscriberContract, ASourceThatFailsWhileNobodyReadsEndsTheCallAtOnce) {
  const Talk talk = long_sentences(12);  // far more than is under way at once
  const auto transcriber = make(Says::kNoEnd, talk);
  HeldAudio audio(talk.samples, /*there_s=*/240);
  speech::MemoryLog log;
  std::future<Ended> ended = begin(*transcriber, audio, log);
  audio.await_read(GetParam().full_at_s);
  const auto failed = std::chrono::steady_clock::now();
  audio.fail();
  const Ended result = end_of(ended);
  EXPECT_EQ(result.error, ErrorCode::kCorrupt);
  EXPECT_LT(result.at - failed, kAtOnce);
}

TEST_P(TranscriberContract, ACancelEndsTheCallWhileTheSourceWaits) {
  const Talk talk = short_sentences(4);
  const auto transcriber = make(Says::kOneWord, talk);
  HeldAudio audio(talk.samples, /*there_s=*/70, stop_.get_token());
  speech::MemoryLog log;
  std::future<Ended> ended = begin(*transcriber, audio, log);
  audio.await_waiting_reader();
  const auto cancelled = std::chrono::steady_clock::now();
  stop_.request_stop();
  const Ended result = end_of(ended);
  EXPECT_EQ(result.error, ErrorCode::kCancelled);
  EXPECT_LT(result.at - cancelled, kAtOnce);
}

TEST_P(TranscriberContract, WhatALogThrowsEndsTheCall) {
  const Talk talk = short_sentences(6);
  const auto transcriber = make(Says::kOneWord, talk);
  HeldAudio audio(talk.samples, /*there_s=*/120);
  FullLog log;
  EXPECT_EQ(begin(*transcriber, audio, log).get().error, ErrorCode::kStorageFull);
}

INSTANTIATE_TEST_SUITE_P(All, TranscriberContract,
                         ::testing::Values(Engine{"Sphinx", make_sphinx, 3, 45, 64},
                                           Engine{"WhisperChunked", make_chunked, 3, 45, 67},
                                           Engine{"WhisperSequential", make_sequential, 2, 15, 30}),
                         [](const auto& engine) { return std::string(engine.param.name); });

}  // namespace
}  // namespace voxlate
