// Every file of ../shared/data/media gets a result or a clear error, and the server stays up.

#include <gtest/gtest.h>

#include <map>

#include "base/temporary_folder.h"
#include "server_process.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

TEST(MediaCorpus, EveryFileGetsAResultOrAClearError) {
  const std::filesystem::path corpus = VOXLATE_SOURCE_DIR "/../shared/data/media";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "needs ../shared/data/media";
  const TemporaryFolder folder;
  const ServerProcess server(folder / "data");
  std::map<std::string, std::string> jobs;
  std::map<int, int> refused;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file()) continue;
    const Response answer = submit(server, entry.path(), {{"targets", "es"}});
    if (answer.status == 202) {
      jobs[answer.json.at("id")] = entry.path().string();
      continue;
    }
    EXPECT_TRUE(answer.status == 415 || answer.status == 422) << entry.path() << ": " << answer.body;
    EXPECT_GT(answer.json.value("detail", "").size(), 10U) << entry.path();
    ++refused[answer.status];
  }
  int completed = 0;
  for (const auto& [id, path] : jobs) {
    const json job = wait_until_finished(server, id, /*limit_s=*/2400);
    if (job.at("status") == "completed") {
      ++completed;
    } else {
      EXPECT_EQ(job.at("status"), "failed") << path;
      EXPECT_GT(job.at("error").at("message").get<std::string>().size(), 10U) << path;
    }
  }
  EXPECT_TRUE(server.is_alive());
  EXPECT_EQ(get(server, "/readyz").status, 200);
  EXPECT_GT(completed, 150);
  std::printf("completed %d of %zu accepted; refused with 415: %d, with 422: %d\n", completed, jobs.size(),
              refused[415], refused[422]);
}

}  // namespace
}  // namespace voxlate::e2e
