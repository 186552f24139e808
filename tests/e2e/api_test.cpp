// What the API answers when things are wrong, full or asked for oddly: on the real server.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

class Api : public ::testing::Test {
 protected:
  std::filesystem::path text_file(std::string_view name = "notes.txt") {
    std::ofstream(folder_ / name) << "These are only words, not media.\n";
    return folder_ / name;
  }

  TemporaryFolder folder_;
};

TEST_F(Api, WhatIsNotMediaIsRefusedAtOnceWithAReason) {
  const ServerProcess server(folder_ / "data");
  const Response refused = submit(server, text_file("film.mp4"));
  EXPECT_TRUE(refused.status == 415 || refused.status == 422) << refused.body;
  for (const char* member : {"type", "title", "status", "detail", "instance", "code", "request_id"}) {
    EXPECT_TRUE(refused.json.contains(member)) << member;
  }
  EXPECT_TRUE(get(server, "/api/jobs").json.at("jobs").empty());
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data" / "jobs"));
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data" / "uploads"));
}

TEST_F(Api, VideoWithoutSoundSaysWhatItHas) {
  if (!has_program("ffmpeg")) GTEST_SKIP() << "needs ffmpeg";
  ASSERT_EQ(run_program({"ffmpeg", "-y", "-f", "lavfi", "-i", "testsrc=size=320x180:rate=5:duration=2", "-c:v",
                         "libx264", (folder_ / "silent.mp4").string()}),
            0);
  const ServerProcess server(folder_ / "data");
  const Response refused = submit(server, folder_ / "silent.mp4");
  EXPECT_EQ(refused.status, 415) << refused.body;
  EXPECT_THAT(refused.json.at("detail"), HasSubstr("h264 320x180"));
}

TEST_F(Api, MissingPairIs422WithTheListOfWhatExists) {
  const ServerProcess server(folder_ / "data");
  const Response refused = submit(server, text_file(), {{"targets", "th"}});
  EXPECT_EQ(refused.status, 422);
  EXPECT_THAT(refused.json.at("detail"), HasSubstr("cannot translate from en to \"th\"; installed: en->"));
}

TEST_F(Api, UnknownThingsAreProblems) {
  const ServerProcess server(folder_ / "data");
  for (const char* path : {"/api/nothing", "/api/jobs/nothing", "/api/jobs/aaaaaaaaaaaaaaaaaaaaaaaaaa",
                           "/api/jobs/aaaaaaaaaaaaaaaaaaaaaaaaaa/files/x.srt", "/api/jobs/..%2f..%2fvoxlate.db"}) {
    const Response answer = get(server, path);
    EXPECT_EQ(answer.status, 404) << path;
    EXPECT_EQ(answer.json.value("status", 0), 404) << path;
  }
}

TEST_F(Api, StatusTellsTheStateOfTheMachine) {
  const ServerProcess server(folder_ / "data");
  const json status = get(server, "/api/system/status").json;
  EXPECT_GT(status.at("memory").at("total_bytes"), 0);
  EXPECT_GT(status.at("memory").at("process_rss_bytes"), 0);
  EXPECT_EQ(status.at("workers").at("total"), 3);
  EXPECT_EQ(status.at("queue_size"), 0);
  EXPECT_TRUE(status.at("system_resources").contains("memory_percent"));
  EXPECT_TRUE(status.at("versions").contains("sqlite"));
}

TEST_F(Api, CapabilitiesAreHonestAboutTheEmbeddedRecogniser) {
  const ServerProcess server(folder_ / "data");
  const json capabilities = get(server, "/api/capabilities").json;
  EXPECT_EQ(capabilities.at("engines").at(0).at("id"), "sphinx");
  EXPECT_THAT(capabilities.at("engines").at(0).at("notice"), HasSubstr("Whisper"));
}

TEST_F(Api, FullDiskIs507AndListsStillWork) {
  const ServerProcess server(folder_ / "data", {"--set", "server.min_free_disk_bytes=500T"});
  EXPECT_EQ(submit(server, text_file()).status, 507);
  EXPECT_EQ(get(server, "/api/jobs").status, 200);
}

TEST_F(Api, UploadAboveTheLimitIs413AndLeavesNothing) {
  const std::filesystem::path big = folder_ / "big.bin";
  std::ofstream(big) << "x";
  std::filesystem::resize_file(big, 3 << 20);
  const ServerProcess server(folder_ / "data", {"--set", "server.max_upload_bytes=1M"});
  EXPECT_EQ(submit(server, big).status, 413);
  EXPECT_TRUE(std::filesystem::is_empty(folder_ / "data" / "uploads"));
}

TEST_F(Api, OneGibibyteUploadStaysOutOfMemory) {
  const std::filesystem::path big = folder_ / "big.bin";
  std::ofstream(big) << "not media";
  std::filesystem::resize_file(big, (std::uintmax_t{1} << 30) - 65536);
  const ServerProcess server(folder_ / "data", {"--set", "server.min_free_disk_bytes=0"});
  submit(server, text_file());  // the first use of everything
  const std::uint64_t before = server.peak_rss_bytes();
  const Response refused = submit(server, big);
  EXPECT_EQ(refused.status, 415) << refused.body;
  EXPECT_LT(server.peak_rss_bytes() - before, std::uint64_t{16} << 20);
  RecordProperty("rss_growth_bytes", std::to_string(server.peak_rss_bytes() - before));
}

TEST_F(Api, PortInUseIsOneClearLine) {
  const ServerProcess server(folder_ / "data");
  try {
    const ServerProcess second(folder_ / "other", {"--port", std::to_string(server.port())});
    FAIL() << "expected the port to be refused";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("in use"));
  }
}

TEST_F(Api, UnknownSettingStopsTheStartAndNamesTheNearest) {
  try {
    const ServerProcess server(folder_ / "data", {"--set", "server.prot=1"});
    FAIL() << "expected the start to be refused";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the nearest known one is \"server.port\""));
  }
}

}  // namespace
}  // namespace voxlate::e2e
