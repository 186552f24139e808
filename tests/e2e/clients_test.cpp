// Clients that were made for other servers, unchanged, on the real server with the project's own models: OpenAI's SDK,
// what Bazarr, whisper.cpp's and LibreTranslate's clients send, and LibreTranslate's description of its API. The
// scripts are in clients/; npm's packages are installed into the build folder, and tests that need one are skipped
// where npm cannot be reached.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "base/temporary_folder.h"
#include "listed_words.h"
#include "server_process.h"
#include "spoken_words.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

const std::filesystem::path kScripts = std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/e2e/clients";
const std::filesystem::path kWork = std::filesystem::path(VOXLATE_BINARY_DIR) / "tests/e2e/clients";

class Clients : public ::testing::Test {
 protected:
  void SetUp() override {
    if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
    if (!has_program("node")) GTEST_SKIP() << "needs node";
    if (!has_program("ffmpeg")) GTEST_SKIP() << "needs ffmpeg";
    std::filesystem::create_directories(models_);
    std::filesystem::copy_file(test_words_model(), models_ / test_words_model().filename());
    for (const char* target : {"es", "th"}) {
      const std::filesystem::path package = test_translate_package(target);
      std::filesystem::copy_file(package, models_ / package.filename());
    }
    make_sounds();
  }

  /// `count` phrases of three words in the voices of one language; their text, and what it means in English.
  std::pair<SpokenWords, std::string> phrases(bool english, int count, double pause_s) {
    const auto words = test_words();
    const std::vector<SpokenWords::Voice> voices =
        english ? std::vector<SpokenWords::Voice>{{"en-us+m4", 145, 45}, {"en-gb+f4", 165, 55}}
                : std::vector<SpokenWords::Voice>{{"es+m4", 145, 45}, {"es-419+f4", 145, 55}};
    SpokenWords speech;
    std::string meaning;
    speech.pause(0.5);
    for (int phrase = 0; phrase < count; ++phrase) {
      for (int i = 0; i < 3; ++i) {
        const auto& word = words[random_() % words.size()];
        meaning += (meaning.empty() ? "" : " ") + word.first;
        speech.say(english ? word.first : word.second, voices[static_cast<std::size_t>(phrase) % voices.size()]);
        speech.pause(i < 2 ? 0.15 : pause_s);
      }
    }
    return {speech, meaning};
  }

  void make_sounds() {
    const auto [english, same] = phrases(/*english=*/true, 4, 0.9);
    const auto [spanish, meaning] = phrases(/*english=*/false, 6, 0.9);
    const auto [long_speech, long_text] = phrases(/*english=*/true, 60, 2.5);
    const auto [longest, longest_text] = phrases(/*english=*/true, 250, 2.5);
    english.write(folder_ / "english.wav");
    spanish.write(folder_ / "spanish.wav");
    long_speech.write(folder_ / "long.wav");
    longest.write(folder_ / "longest.wav");
    for (const char* name : {"english", "spanish"}) {
      // As Bazarr has it made.
      run_program({"ffmpeg", "-nostdin", "-v", "error", "-i", folder_ / (std::string(name) + ".wav"), "-f", "s16le",
                   "-acodec", "pcm_s16le", "-ac", "1", "-ar", "16000", folder_ / (std::string(name) + ".raw")});
    }
    const std::string sentence = same.substr(0, same.find(' ', same.find(' ') + 1));
    const json expected = {{"english", english.text()},
                           {"english_s", english.duration_s()},
                           {"spanish", spanish.text()},
                           {"meaning", meaning},
                           {"long", long_speech.text()},
                           {"sentence", sentence},
                           {"sentence_es", meaning_of(sentence, "es")}};
    std::ofstream(folder_ / "expected.json") << expected.dump();
  }

  /// Puts npm's packages where the scripts, which are copied beside them, find them. False: npm cannot be reached.
  static bool install_packages() {
    std::filesystem::create_directories(kWork);
    for (const auto& entry : std::filesystem::directory_iterator(kScripts))
      std::filesystem::copy_file(entry.path(), kWork / entry.path().filename(),
                                 std::filesystem::copy_options::overwrite_existing);
    return has_program("npm") && run_program({kScripts / "install_packages", kWork}) == 0;
  }

  /// Expects that every step of the script goes well.
  void run_script(const std::string& script, const ServerProcess& server,
                  const std::vector<std::string>& more = {}) const {
    std::vector<std::string> command{"node", kWork / script, server.url(), folder_.path()};
    command.insert(command.end(), more.begin(), more.end());
    const int status = run_program(command);
    std::ifstream file(folder_ / "steps.txt");
    const std::string steps{std::istreambuf_iterator<char>(file), {}};
    EXPECT_EQ(status, 0) << steps << server.log();
    EXPECT_NE(steps.find("all steps were taken"), std::string::npos) << steps;
    EXPECT_EQ(steps.find("FAILED"), std::string::npos);
  }

  const TemporaryFolder folder_;
  const std::filesystem::path data_ = folder_ / "data";
  const std::filesystem::path models_ = data_ / "models";
  std::mt19937 random_{7};
};

constexpr const char* kNoPackages =
    "npm cannot fetch the packages of tests/e2e/clients (see npm.log in the build folder)";

TEST_F(Clients, OpenAiSdk) {
  if (!install_packages()) GTEST_SKIP() << kNoPackages;
  const ServerProcess server(data_, {"--set", "jobs.max_concurrent=1", "--set", "server.max_waiting_requests=3",
                                     "--set", "server.max_upload_bytes=64M", "--set", "whisper.max_windows=1"});
  run_script("openai.mjs", server);
}

TEST_F(Clients, BazarrWhisperCppAndLibreTranslate) {
  std::filesystem::create_directories(kWork);
  for (const char* script : {"expect.mjs", "plain.mjs"})
    std::filesystem::copy_file(kScripts / script, kWork / script, std::filesystem::copy_options::overwrite_existing);
  const ServerProcess server(data_);
  run_script("plain.mjs", server);
}

TEST_F(Clients, LibreTranslatesOwnDescription) {
  if (!install_packages()) GTEST_SKIP() << kNoPackages;
  const ServerProcess server(data_);
  run_script("libretranslate_contract.mjs", server, {kWork / "libretranslate.local.json"});
}

}  // namespace
}  // namespace voxlate::e2e
