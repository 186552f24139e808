// The Whisper engine on the real server with the project's own model, on speech that is synthesised here: words, times,
// languages, translation, silence, and a kill in the middle of a file. The voices are none of those it was trained on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <regex>
#include <thread>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "spoken_words.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

constexpr double kMostWrong = 0.05;
constexpr double kLeastNear = 0.97;  // of all words: begin and end within 0.1 s of the truth

class TestWords : public ::testing::Test {
 protected:
  enum class Language { kEnglish, kSpanish };

  void SetUp() override {
    if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
    std::filesystem::create_directories(data_ / "models");
    std::filesystem::copy_file(test_words_model(), data_ / "models" / test_words_model().filename());
  }

  /// Phrases of three words, each with its own voice, `pause_s` apart.
  SpokenWords phrases(Language language, int count, double pause_s, std::uint32_t seed) {
    const std::vector<std::pair<std::string, std::string>> words = test_words();
    const bool english = language == Language::kEnglish;
    const std::vector<SpokenWords::Voice> voices =
        english
            ? std::vector<SpokenWords::Voice>{{"en-us+m4", 145, 45}, {"en-gb+f4", 165, 55}, {"en-us+linda", 145, 55}}
            : std::vector<SpokenWords::Voice>{{"es+m4", 145, 45}, {"es-419+f4", 145, 55}, {"es+m8", 125, 45}};
    std::mt19937 random(seed);
    SpokenWords speech;
    speech.pause(0.5);
    for (int phrase = 0; phrase < count; ++phrase) {
      const SpokenWords::Voice& voice = voices[static_cast<std::size_t>(phrase) % voices.size()];
      for (int i = 0; i < 3; ++i) {
        const auto& word = words[random() % words.size()];
        meanings_ += (meanings_.empty() ? "" : " ") + word.first;
        speech.say(english ? word.first : word.second, voice);
        speech.pause(i < 2 ? 0.15 : pause_s);
      }
    }
    return speech;
  }

  static std::string text_of(const json& transcript) {
    std::string text;
    for (const json& segment : transcript.at("segments")) text += segment.at("text").get<std::string>() + " ";
    return text;
  }

  json transcript_of(const ServerProcess& server, const SpokenWords& speech,
                     const std::vector<std::pair<std::string, std::string>>& fields) {
    speech.write(folder_ / "speech.wav");
    const json job = wait_until_finished(server, submit(server, folder_ / "speech.wav", fields).json.at("id"));
    EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
    EXPECT_EQ(job.at("model"), "test-words");
    return get(server, job.at("links").at("transcript")).json;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  std::string meanings_;  ///< of all phrases, in English
};

TEST_F(TestWords, AreHeardWithTheirTimes) {
  const SpokenWords speech = phrases(Language::kEnglish, 40, /*pause_s=*/0.9, 1);
  const ServerProcess server(data_);
  const json transcript = transcript_of(server, speech, {{"language", "en"}});
  EXPECT_LE(word_error_rate(speech.text(), text_of(transcript)), kMostWrong) << speech.text() << "\n"
                                                                             << text_of(transcript);
  // Words are looked for a little ahead only, so one that was heard wrong does not shift the others.
  constexpr double kNear = 0.1;
  std::size_t near = 0;
  auto next = speech.words().begin();
  for (const json& segment : transcript.at("segments")) {
    for (const json& word : segment.at("words")) {
      const auto ahead = next + std::min<std::ptrdiff_t>(4, speech.words().end() - next);
      const auto said = std::find_if(next, ahead, [&](const SpokenWord& one) { return word.at("word") == one.text; });
      if (said == ahead) continue;
      const double start_off = std::abs(word.at("start").get<double>() - said->begin_s);
      const double end_off = std::abs(word.at("end").get<double>() - said->end_s);
      if (start_off <= kNear && end_off <= kNear) ++near;
      EXPECT_LE(std::max(start_off, end_off), 1) << said->text << " at " << said->begin_s;
      next = said + 1;
    }
  }
  RecordProperty("near", static_cast<int>(near));
  EXPECT_GE(static_cast<double>(near), kLeastNear * static_cast<double>(speech.words().size())) << near;
}

TEST_F(TestWords, TellTheLanguageAndAreTranslated) {
  const SpokenWords speech = phrases(Language::kSpanish, 20, /*pause_s=*/0.9, 2);
  const ServerProcess server(data_);
  const json spanish = transcript_of(server, speech, {});
  EXPECT_EQ(spanish.at("language"), "es");
  EXPECT_LE(word_error_rate(speech.text(), text_of(spanish)), kMostWrong) << speech.text() << "\n" << text_of(spanish);

  const json english = transcript_of(server, speech, {{"task", "translate"}});
  EXPECT_EQ(english.at("language"), "en");
  EXPECT_LE(word_error_rate(meanings_, text_of(english)), kMostWrong) << meanings_ << "\n" << text_of(english);
}

TEST_F(TestWords, SilenceAndNoiseHaveNone) {
  SpokenWords nothing;
  nothing.pause(20);
  nothing.noise(20);
  for (const char* long_audio : {"chunked", "sequential"}) {
    const ServerProcess server(data_, {"--set", std::string("whisper.long_audio=") + long_audio});
    const json transcript = transcript_of(server, nothing, {{"language", "en"}});
    EXPECT_TRUE(transcript.at("segments").empty()) << long_audio << transcript.dump(1);
  }
}

TEST_F(TestWords, AreHeardInBothWaysThroughLongAudio) {
  const SpokenWords speech = phrases(Language::kEnglish, 16, /*pause_s=*/0.9, 3);
  ASSERT_GT(speech.duration_s(), 32) << "more than one window";
  const auto wrong = [&](const std::string& long_audio) {
    const ServerProcess server(data_, {"--set", "whisper.long_audio=" + long_audio});
    return word_error_rate(speech.text(), text_of(transcript_of(server, speech, {{"language", "en"}})));
  };
  EXPECT_LE(wrong("chunked"), kMostWrong);
  // No longer pauses: a window that begins in silence is where this model, not the algorithm, fails.
  EXPECT_LE(wrong("sequential"), kMostWrong);
}

TEST_F(TestWords, AJobKilledInTheMiddleGoesOnBehindItsFinishedWindows) {
  const SpokenWords speech = phrases(Language::kEnglish, 60, /*pause_s=*/2.5, 4);
  const std::vector<std::string> one_window_at_once{"--set", "whisper.max_windows=1", "--log-level", "debug"};
  std::string expected;
  {
    const ServerProcess server(data_, one_window_at_once);
    expected = transcript_of(server, speech, {{"language", "en"}}).dump();
  }
  std::string id;
  {
    ServerProcess server(data_, one_window_at_once);
    id = submit(server, folder_ / "speech.wav", {{"language", "en"}}).json.at("id");
    while (get(server, "/api/jobs/" + id + "/transcript").json.at("segments").size() < 10) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    server.kill_hard();
  }
  const ServerProcess server(data_, one_window_at_once);
  const json job = wait_until_finished(server, id);
  EXPECT_EQ(job.at("status"), "completed") << job.dump(1);
  EXPECT_EQ(get(server, job.at("links").at("transcript")).json.dump(), expected);
  std::smatch match;
  const std::string log = server.log();
  ASSERT_TRUE(std::regex_search(log, match, std::regex(R"(transcribed .*windows=(\d+) resumed=(\d+))"))) << log;
  EXPECT_GE(std::stoi(match[2]), 1) << match[0];
  EXPECT_LT(std::stoi(match[2]), std::stoi(match[1])) << match[0];
}

}  // namespace
}  // namespace voxlate::e2e
