// Neural translation through the whole server: speech that is synthesised here is heard by `test-words` and translated
// by the two packages of tests/data/test_translate, by a server with LibreTranslate's protocol, and by one instead of
// the other. The truth is the list of words that all of these models were trained on.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <memory>
#include <random>
#include <sstream>
#include <thread>

#include "base/temporary_folder.h"
#include "listed_words.h"
#include "server_process.h"
#include "spoken_words.h"
#include "tests/unit/scripted_server.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr double kLeastExact = 0.9;  // of the sentences that were heard
constexpr double kPause = 0.6;       // seconds of silence between two sentences without marks

struct SubtitleCue {
  double begin_s = 0;
  double end_s = 0;
  Words lines;
};

double seconds_of(const std::string& time) {
  return std::stod(time.substr(0, 2)) * 3600 + std::stod(time.substr(3, 2)) * 60 + std::stod(time.substr(6, 2)) +
         std::stod(time.substr(9, 3)) / 1000;
}

std::vector<SubtitleCue> read_srt(const std::string& srt) {
  std::vector<SubtitleCue> cues;
  std::istringstream lines(srt);
  for (std::string line; std::getline(lines, line);) {
    if (const auto arrow = line.find(" --> "); arrow != std::string::npos)
      cues.push_back({.begin_s = seconds_of(line), .end_s = seconds_of(line.substr(arrow + 5)), .lines = {}});
    else if (!line.empty() && !cues.empty() && line != std::to_string(cues.size() + 1))
      cues.back().lines.push_back(line);
  }
  return cues;
}

struct Heard {
  double begin_s = 0;
  double end_s = 0;
  std::string text;
};

/// Segments with hardly any silence between them are one sentence to the translator.
std::vector<Heard> sentences_of(const json& transcript) {
  std::vector<Heard> sentences;
  for (const json& segment : transcript.at("segments")) {
    const auto begin_s = segment.at("start").get<double>();
    const auto end_s = segment.at("end").get<double>();
    const auto text = segment.at("text").get<std::string>();
    if (sentences.empty() || begin_s - sentences.back().end_s >= kPause) {
      sentences.push_back({.begin_s = begin_s, .end_s = end_s, .text = text});
    } else {
      sentences.back().end_s = end_s;
      sentences.back().text += " " + text;
    }
  }
  return sentences;
}

/// What a translation has for a sentence.
std::string text_between(const json& translation, double begin_s, double end_s, const std::string& target) {
  std::string text;
  for (const json& segment : translation.at("segments")) {
    if (segment.at("start").get<double>() < begin_s || segment.at("end").get<double>() > end_s) continue;
    text += (text.empty() || target == "th" ? "" : " ") + segment.at("text").get<std::string>();
  }
  return text;
}

/// A server with LibreTranslate's protocol that looks words up.
class Dictionary {
 public:
  /// What it does with a request to translate into `target`: false lets nobody wait for an answer.
  using Answers = std::function<bool(const std::string& target)>;

  explicit Dictionary(Answers answers = [](const std::string&) { return true; }) : answers_(std::move(answers)) {}

  std::string url() const { return server_.url(); }

  int requests_into(const std::string& target) const {
    int requests = 0;
    for (const ScriptedRequest& request : server_.requests()) {
      if (request.target == "/translate" && json::parse(request.body).at("target") == target) ++requests;
    }
    return requests;
  }

 private:
  void answer(const ScriptedRequest& request, const Connection& connection) const {
    json answer = json::parse(R"([{"code": "en", "name": "English", "targets": ["es", "th"]}])");
    if (request.target == "/translate") {
      const json question = json::parse(request.body);
      const auto target = question.at("target").get<std::string>();
      if (!answers_(target)) return connection.hold();
      const auto translated = [&](const json& text) { return meaning_of(text.get<std::string>(), target); };
      json texts = json::array();
      if (question.at("q").is_string()) {
        texts = translated(question.at("q"));
      } else {
        for (const json& text : question.at("q")) texts.push_back(translated(text));
      }
      answer = {{"translatedText", std::move(texts)}};
    }
    const std::string body = answer.dump();
    connection.send(answer_head("200 OK", body.size(), "Content-Type: application/json\r\n") + body);
  }

  const Answers answers_;
  ScriptedServer server_{
      [this](const ScriptedRequest& request, const Connection& connection) { answer(request, connection); },
      /*threads=*/4};
};

class Translation : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
    std::filesystem::create_directories(models_);
    std::filesystem::copy_file(test_words_model(), models_ / test_words_model().filename());
  }

  void install(const Words& targets) const {
    for (const std::string& target : targets) {
      const std::filesystem::path package = test_translate_package(target);
      std::filesystem::copy_file(package, models_ / package.filename());
    }
  }

  struct Phrases {
    int count = 0;
    int fewest_words = 0;
    int most_words = 0;
    Words words;    ///< no number and no quality: before a noun the models say more than word by word
    Words endings;  ///< what some phrases end with instead
  };

  /// Phrases in several voices, with more than a second between them.
  void say(const Phrases& phrases, std::uint32_t seed) const {
    const std::vector<SpokenWords::Voice> voices{
        {"en-us+m4", 145, 45}, {"en-gb+f4", 165, 55}, {"en-us+linda", 145, 55}};
    std::mt19937 random(seed);
    SpokenWords speech;
    speech.pause(0.5);
    for (int i = 0; i < phrases.count; ++i) {
      const auto lengths = static_cast<std::uint32_t>(phrases.most_words - phrases.fewest_words + 1);
      for (int left = phrases.fewest_words + static_cast<int>(random() % lengths); left > 0; --left) {
        const bool may_end = left == 1 && !phrases.endings.empty() && random() % 2 == 0;
        const Words& words = may_end ? phrases.endings : phrases.words;
        speech.say(words[random() % words.size()], voices[static_cast<std::size_t>(i) % voices.size()]);
        speech.pause(left > 1 ? 0.15 : 1.2);
      }
    }
    speech.write(clip_);
  }

  void say_short_phrases(int count) const {
    say({.count = count,
         .fewest_words = 2,
         .most_words = 4,
         .words = split("water house dog bird horse tree moon night morning yesterday window door table chair book "
                        "cheese apple milk egg fish hand head mother father brother friend school street garden river "
                        "mountain money week summer winter always kitchen"),
         .endings = split("red green yellow black white big small happy two four six seven nine")},
        1);
  }

  /// The engine that the server has for a pair; "" where it has none.
  static std::string engine_for(const ServerProcess& server, const std::string& target) {
    const json capabilities = get(server, "/api/capabilities").json;
    for (const json& route : capabilities.at("translations")) {
      const json& targets = route.at("targets");
      const bool is_target = std::find(targets.begin(), targets.end(), target) != targets.end();
      if (route.at("source") == "en" && is_target && route.at("through").empty()) return route.at("engine");
    }
    return "";
  }

  /// Until the server has that engine for English into `target`.
  static void wait_for(const ServerProcess& server, const std::string& target, const std::string& engine) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (engine_for(server, target) != engine) {
      ASSERT_LT(std::chrono::steady_clock::now(), deadline) << target << " by " << engine << "\n" << server.log();
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  static void wait_for_packages(const ServerProcess& server) {
    wait_for(server, "es", "neural translate-test_en_es");
    wait_for(server, "th", "neural translate-test_en_th");
  }

  /// Until both packages are unpacked, whoever comes first.
  static void wait_for_neural_files(const ServerProcess& server) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    for (const std::string id : {"/api/models/translate-test_en_es", "/api/models/translate-test_en_th"}) {
      while (!get(server, id).json.value("usable", false)) {
        ASSERT_LT(std::chrono::steady_clock::now(), deadline) << id << "\n" << server.log();
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  /// Of a server with LibreTranslate's protocol, whatever is installed here.
  static Words remote_first(const std::string& url) {
    return {"--set", "translation.libretranslate_url=" + url, "--set", "translation.remote_first=true"};
  }

  json submitted(const ServerProcess& server, const std::vector<std::pair<std::string, std::string>>& more = {}) const {
    std::vector<std::pair<std::string, std::string>> fields{
        {"language", "en"}, {"targets", "es,th"}, {"formats", "srt,json"}};
    fields.insert(fields.end(), more.begin(), more.end());
    const Response accepted = submit(server, clip_, fields);
    EXPECT_EQ(accepted.status, 202) << accepted.body;
    return accepted.json;
  }

  json finished(const ServerProcess& server, const std::vector<std::pair<std::string, std::string>>& more = {}) const {
    json job = wait_until_finished(server, submitted(server, more).at("id"));
    EXPECT_EQ(job.at("status"), "completed") << job.dump(1) << server.log();
    return job;
  }

  static Response file_of(const ServerProcess& server, const json& job, const std::string& name) {
    for (const json& file : job.at("files")) {
      if (file.at("name") == name) return get(server, file.at("url"));
    }
    ADD_FAILURE() << "no file " << name << " in " << job.dump(1);
    return {};
  }

  /// That at least 9 in 10 sentences say word by word what was heard.
  static void expect_meanings(const ServerProcess& server, const json& job, const std::string& engine_prefix) {
    const std::vector<Heard> heard = sentences_of(get(server, job.at("links").at("transcript")).json);
    ASSERT_FALSE(heard.empty());
    for (const std::string target : {"es", "th"}) {
      const json translation = file_of(server, job, "talk." + target + ".json").json;
      EXPECT_EQ(translation.at("language"), target);
      EXPECT_THAT(translation.at("engine").get<std::string>(), HasSubstr(engine_prefix));
      std::size_t exact = 0;
      std::string wrong;
      for (const Heard& sentence : heard) {
        const std::string got = text_between(translation, sentence.begin_s, sentence.end_s, target);
        if (got == meaning_of(sentence.text, target))
          ++exact;
        else
          wrong += sentence.text + " -> " + got + "\n";
      }
      RecordProperty("exact_" + target, std::to_string(exact) + " of " + std::to_string(heard.size()));
      EXPECT_GE(static_cast<double>(exact), kLeastExact * static_cast<double>(heard.size())) << wrong;
    }
  }

  /// That every cue has a text, lies in the audio and behind the one before, and that its lines are of whole words
  /// and not longer than `most_places`. Returns how many have two lines.
  static int check_cues(const ServerProcess& server, const json& job, const std::string& target, int most_places) {
    const Words pieces = pieces_of_lines(target);
    const std::vector<SubtitleCue> cues = read_srt(file_of(server, job, "talk." + target + ".srt").body);
    EXPECT_FALSE(cues.empty());
    double last_end_s = 0;
    int broken = 0;
    for (const SubtitleCue& cue : cues) {
      EXPECT_FALSE(cue.lines.empty()) << "at " << cue.begin_s;
      EXPECT_GE(cue.begin_s, last_end_s);
      EXPECT_LT(cue.begin_s, cue.end_s);
      last_end_s = cue.end_s;
      broken += cue.lines.size() > 1 ? 1 : 0;
      EXPECT_LE(cue.lines.size(), 2U);
      for (const std::string& line : cue.lines) {
        EXPECT_LE(places_of(line), most_places) << line;
        EXPECT_TRUE(is_of_pieces(without_spaces(line), pieces)) << line << " at " << cue.begin_s;
      }
    }
    EXPECT_LE(last_end_s, job.at("duration_s").get<double>());
    return broken;
  }

  static std::string without_spaces(std::string text) {
    std::erase(text, ' ');
    return text;
  }

  const TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  const std::filesystem::path models_ = data_ / "models";
  const std::filesystem::path clip_ = folder_ / "talk.wav";
};

TEST_F(Translation, AnEnglishClipGivesSpanishAndThaiSubtitles) {
  install({"es", "th"});
  say_short_phrases(30);
  const ServerProcess server(data_);
  wait_for_packages(server);
  const json job = finished(server);
  const std::vector<Heard> heard = sentences_of(get(server, job.at("links").at("transcript")).json);
  EXPECT_GE(heard.size(), 27U) << "a sentence a phrase";
  expect_meanings(server, job, "neural translate-test_en_");
  for (const std::string target : {"es", "th"}) {
    EXPECT_EQ(file_of(server, job, "talk." + target + ".json").json.at("engine"), "neural translate-test_en_" + target);
    EXPECT_THAT(file_of(server, job, "talk." + target + ".vtt").body, HasSubstr("NOTE language: " + target));
    check_cues(server, job, target, target == "th" ? 35 : 42);
  }
  EXPECT_TRUE(job.at("notes").empty()) << job.at("notes");
}

TEST_F(Translation, LongLinesAreBrokenBetweenWords) {
  install({"es", "th"});
  say({.count = 12,
       .fewest_words = 4,
       .most_words = 4,
       .words = split("moon yesterday window apple winter school kitchen"),
       .endings = {}},
      1);
  const ServerProcess server(data_);
  wait_for_packages(server);
  const json job = finished(server, {{"profile", "shorts"}});
  expect_meanings(server, job, "neural translate-test_en_");
  EXPECT_GE(check_cues(server, job, "es", 24), 5);
  EXPECT_GE(check_cues(server, job, "th", 24), 5);
}

TEST_F(Translation, AServerWithLibreTranslatesProtocolDoesItToo) {
  const Dictionary dictionary;
  say_short_phrases(30);
  const ServerProcess server(data_, remote_first(dictionary.url()));
  wait_for(server, "th", "libretranslate");
  const json job = finished(server);
  expect_meanings(server, job, "libretranslate");
  for (const std::string target : {"es", "th"}) {
    EXPECT_GE(dictionary.requests_into(target), 1);
    check_cues(server, job, target, target == "th" ? 35 : 42);
  }
}

/// A server that is asked first and does not translate: the packages do, with a word to the operator and the reader.
class DeadRemote : public Translation {
 protected:
  /// What the log says when `engine` gives up, for both targets.
  static void expect_fall(const ServerProcess& server, const json& job, const std::string& engine,
                          const std::string& reason) {
    expect_meanings(server, job, "neural translate-test_en_");
    EXPECT_THAT(server.log(), ContainsRegex("warning translation falls to the next route engine=\"?" + engine +
                                            "\"? pair=en->es reason=\"127.0.0.1[^\n]*" + reason +
                                            "[^\n]* next=\"neural translate-test_en_es\""));
    EXPECT_THAT(job.at("notes").dump(),
                HasSubstr(engine + " was not available: the sentences were translated by neural "
                                   "translate-test_en_es."));
  }

  static Words chat_at(const std::string& url) {
    return {"--set", "translation.chat_url=" + url,         "--set", "translation.chat_model=m",
            "--set", "translation.chat_languages=en,es,th", "--set", "translation.remote_first=true",
            "--set", "translation.remote_timeout_seconds=1"};
  }
};

TEST_F(DeadRemote, ThatNobodyIsAtFallsToThePackages) {
  install({"es", "th"});
  say_short_phrases(6);
  std::string nobody;
  {
    const ScriptedServer closed([](const auto&, const auto&) {});
    nobody = closed.url("v1");
  }
  const ServerProcess server(data_, chat_at(nobody));
  wait_for_neural_files(server);
  EXPECT_EQ(engine_for(server, "th"), "chat m");
  expect_fall(server, finished(server), "chat m", "connect");
}

TEST_F(DeadRemote, ThatNeverAnswersFallsToThePackages) {
  install({"es", "th"});
  say_short_phrases(6);
  const ScriptedServer silent([](const auto&, const Connection& connection) { connection.hold(); }, /*threads=*/4);
  const ServerProcess server(data_, chat_at(silent.url("v1")));
  wait_for_neural_files(server);
  expect_fall(server, finished(server), "chat m", "1");
  EXPECT_EQ(silent.requests().size(), 1U) << "one that hangs is left alone for a while";
}

TEST_F(DeadRemote, ThatDiedAfterTellingItsLanguagesFallsToThePackages) {
  install({"es", "th"});
  say_short_phrases(6);
  auto dictionary = std::make_unique<Dictionary>();
  const ServerProcess server(data_, remote_first(dictionary->url()));
  wait_for_neural_files(server);
  wait_for(server, "th", "libretranslate");
  dictionary.reset();
  expect_fall(server, finished(server), "libretranslate", "connect");
}

TEST_F(Translation, APairThatCannotBeHadIsRefusedWithWhatThereIs) {
  install({"es", "th"});
  say_short_phrases(2);
  const ServerProcess server(data_);
  wait_for_packages(server);
  const Response refused = submit(server, clip_, {{"language", "en"}, {"targets", "es,ja"}});
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(
      refused.json.at("detail").get<std::string>(),
      AllOf(HasSubstr("cannot translate from en to \"ja\"; installed: "), HasSubstr("en->es"), HasSubstr("en->th"),
            HasSubstr("voxlate models list --available"), HasSubstr("voxlate models get en-ja")));
}

TEST_F(Translation, PackagesComeAndGoWhileTheServerRuns) {
  install({"es", "th"});
  say_short_phrases(2);
  const ServerProcess server(data_);
  wait_for_packages(server);
  finished(server);
  const std::vector<std::pair<std::string, std::string>> into_thai{{"language", "en"}, {"targets", "th"}};
  ASSERT_EQ(run_program({VOXLATE_BINARY, "models", "rm", "translate-test_en_th", "--data-dir", data_.string()}), 0);
  const Response refused = submit(server, clip_, into_thai);
  EXPECT_EQ(refused.status, 422) << refused.body;
  EXPECT_THAT(refused.json.at("detail").get<std::string>(), AllOf(HasSubstr("en->es"), Not(HasSubstr("en->th"))));
  EXPECT_EQ(engine_for(server, "th"), "");
  install({"th"});
  wait_for(server, "th", "neural translate-test_en_th");
  expect_meanings(server, finished(server), "neural translate-test_en_");
}

TEST_F(Translation, AJobKilledBetweenItsTargetsGoesOnBehindTheFinishedOne) {
  say_short_phrases(6);
  std::string id;
  {
    const Dictionary dictionary([](const std::string& target) { return target != "th"; });
    ServerProcess server(data_, remote_first(dictionary.url()));
    wait_for(server, "th", "libretranslate");
    id = submitted(server).at("id");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (dictionary.requests_into("th") == 0 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GE(dictionary.requests_into("es"), 1);
    server.kill_hard();
  }
  const Dictionary dictionary;
  const ServerProcess server(data_, remote_first(dictionary.url()));
  const json job = wait_until_finished(server, id);
  EXPECT_EQ(job.at("status"), "completed") << job.dump(1) << server.log();
  EXPECT_EQ(dictionary.requests_into("es"), 0) << "done before the kill";
  EXPECT_GE(dictionary.requests_into("th"), 1);
  expect_meanings(server, job, "libretranslate");
}

}  // namespace
}  // namespace voxlate::e2e
