// `voxlate transcribe` and `voxlate doctor`: the same pipeline without a server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"
#include "spoken_words.h"

namespace voxlate::e2e {
namespace {

using ::testing::HasSubstr;

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
    make_recording(folder_ / "talk.wav", /*pause_s=*/0.5);
  }

  static int voxlate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), VOXLATE_BINARY);
    return run_program(arguments);
  }

  std::string content(std::string_view name) {
    std::ostringstream text;
    text << std::ifstream(folder_ / name).rdbuf();
    return text.str();
  }

  TemporaryFolder folder_;
};

TEST_F(CommandLine, WritesSubtitlesBesideTheInput) {
  EXPECT_EQ(voxlate({"transcribe", (folder_ / "talk.wav").string(), "--to", "es", "--formats", "srt,vtt"}), 0);
  EXPECT_THAT(content("talk.en.srt"), HasSubstr("-->"));
  EXPECT_THAT(content("talk.es.srt"), HasSubstr("-->"));
  EXPECT_THAT(content("talk.en.vtt"), HasSubstr("WEBVTT"));
  EXPECT_THAT(content("talk.es.vtt"), HasSubstr("WEBVTT"));
}

TEST_F(CommandLine, TakesTheFlagsOfWhisperCpp) {
  EXPECT_EQ(voxlate({"transcribe", "-f",   (folder_ / "talk.wav").string(),
                     "-l",         "en",   "-osrt",
                     "-oj",        "-of",  (folder_ / "result").string(),
                     "-t",         "1",    "-p",
                     "2",          "-bs",  "2",
                     "-bo",        "2",    "--vad",
                     "-vt",        "0.4",  "-vspd",
                     "200",        "-vsd", "300",
                     "-vmsd",      "20",   "-vp",
                     "100",        "-nf"}),
            0);
  EXPECT_THAT(content("result.en.srt"), HasSubstr("-->"));
  EXPECT_THAT(content("result.en.json"), HasSubstr("segments"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "result.en.vtt"));
}

TEST_F(CommandLine, ADetectorThatCannotBeHadIsAnError) {
  const std::string talk = (folder_ / "talk.wav").string();
  EXPECT_EQ(voxlate({"transcribe", talk, "-vt", "7"}), 2);
  EXPECT_EQ(voxlate({"transcribe", talk, "--engine", "sphinx", "--no-vad"}), 1);
}

TEST_F(CommandLine, BenchNeedsAModelAndMeasuresIt) {
  const std::vector<std::string> arguments{"bench", "--json", "--data-dir", (folder_ / "data").string()};
  EXPECT_EQ(voxlate(arguments), 1) << "no model";
  std::filesystem::create_directories(folder_ / "data/models");
  std::filesystem::create_symlink(test_words_model(), folder_ / "data/models" / test_words_model().filename());
  EXPECT_EQ(voxlate(arguments), 0);
}

TEST_F(CommandLine, ReplacesItsOwnResultButNeverAPersonsFile) {
  const std::vector<std::string> arguments{"transcribe", (folder_ / "talk.wav").string(), "--formats", "srt"};
  std::ofstream(folder_ / "talk.en.srt") << "by hand";
  EXPECT_EQ(voxlate(arguments), 1);
  EXPECT_EQ(content("talk.en.srt"), "by hand");
  std::filesystem::remove(folder_ / "talk.en.srt");
  EXPECT_EQ(voxlate(arguments), 0);
  EXPECT_EQ(voxlate(arguments), 0) << "its own result may be replaced";
}

TEST_F(CommandLine, OneBadFileDoesNotStopTheOthers) {
  std::ofstream(folder_ / "notes.txt") << "not media";
  EXPECT_EQ(voxlate({"transcribe", (folder_ / "notes.txt").string(), (folder_ / "absent.wav").string(),
                     (folder_ / "talk.wav").string()}),
            1);
  EXPECT_THAT(content("talk.en.srt"), HasSubstr("-->"));
}

TEST_F(CommandLine, WrongUsageIsStatusTwo) {
  EXPECT_EQ(voxlate({}), 2);
  EXPECT_EQ(voxlate({"transcribe"}), 2);
  EXPECT_EQ(voxlate({"transcribe", "--no-such-flag", (folder_ / "talk.wav").string()}), 2);
}

TEST_F(CommandLine, DoctorAndVersionWork) {
  EXPECT_EQ(voxlate({"doctor", "--data-dir", (folder_ / "data").string()}), 0);
  EXPECT_EQ(voxlate({"version", "--licences"}), 0);
}

TEST_F(CommandLine, ADeviceThatIsNotThereIsAnErrorAtOnce) {
  for (const char* const command : {"doctor", "serve"}) {
    for (const char* const setting : {"whisper.device=cuda:63", "translation.device=cuda:63"})
      EXPECT_NE(voxlate({command, "--data-dir", (folder_ / "data").string(), "--set", setting}), 0) << setting;
  }
}

}  // namespace
}  // namespace voxlate::e2e
