// The caches of the real server: what is translated again is not translated again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "tests/contract/redis_process.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;
using ::testing::Not;

json translations_of(const ServerProcess& server) {
  const json caches = get(server, "/api/caches").json.at("caches");
  for (const json& cache : caches) {
    if (cache.at("name") == "translations") return cache;
  }
  return {};
}

std::string translate(const ServerProcess& server) {
  const Response answer =
      post_json(server, "/translate", {{"q", "The house is red."}, {"source", "en"}, {"target", "es"}});
  EXPECT_EQ(answer.status, 200) << answer.body;
  return answer.json.value("translatedText", "");
}

bool has_apertium() { return std::filesystem::exists("/usr/share/apertium/modes/eng-spa.mode"); }

TEST(Caches, InMemoryByDefault) {
  const TemporaryFolder folder;
  const ServerProcess server(folder.path());
  const json caches = get(server, "/api/caches").json.at("caches");
  ASSERT_EQ(caches.size(), 2U);
  EXPECT_EQ(caches[0].at("name"), "results");
  EXPECT_EQ(caches[0].at("type"), "memory");
  EXPECT_EQ(caches[0].at("max_entries"), 1000);
  EXPECT_EQ(caches[0].at("max_bytes"), 64 << 20);
  EXPECT_EQ(caches[1].at("name"), "translations");
  EXPECT_EQ(caches[1].at("max_bytes"), 32 << 20);
  EXPECT_EQ(remove(server, "/api/caches/results").json, json::parse(R"({"freed_bytes": 0})"));
  EXPECT_EQ(remove(server, "/api/caches/other").status, 404);
}

TEST(Caches, TranslationsInFilesSurviveARestart) {
  if (!has_apertium()) GTEST_SKIP() << "apertium-eng-spa is not installed";
  const TemporaryFolder folder;
  const std::vector<std::string> flags = {"--set", "cache.type=file", "--set", "server.min_free_disk_bytes=0"};
  std::string first;
  {
    const ServerProcess server(folder.path(), flags);
    first = translate(server);
    EXPECT_EQ(translations_of(server).at("hits"), 0);
    EXPECT_EQ(translate(server), first);
    EXPECT_EQ(translations_of(server).at("hits"), 1);
  }
  {
    const ServerProcess server(folder.path(), flags);
    EXPECT_EQ(translations_of(server).at("entries"), 1);
    EXPECT_EQ(translate(server), first);
    EXPECT_EQ(translations_of(server).at("hits"), 1);
    EXPECT_EQ(translations_of(server).at("misses"), 0);
    EXPECT_GT(remove(server, "/api/caches/translations").json.at("freed_bytes"), 0);
    EXPECT_EQ(translations_of(server).at("entries"), 0);
    EXPECT_TRUE(std::filesystem::exists(folder / "cache"));
  }
  const ServerProcess in_memory(folder.path());
  EXPECT_FALSE(std::filesystem::exists(folder / "cache")) << "nothing stays that nobody looks after";
}

TEST(Caches, ARedisThatIsNotThereStopsNothing) {
  if (!has_apertium()) GTEST_SKIP() << "apertium-eng-spa is not installed";
  const TemporaryFolder folder;
  const ServerProcess server(folder.path(),
                             {"--set", "cache.type=redis", "--set", "cache.redis_url=redis://:hunter2@127.0.0.1:1"});
  EXPECT_FALSE(translate(server).empty());
  EXPECT_EQ(translations_of(server).at("type"), "redis");
  EXPECT_EQ(translations_of(server).at("connected"), false);
  EXPECT_NE(translations_of(server).at("breaker"), "closed");
  EXPECT_THAT(server.log(), HasSubstr("cache cannot be reached"));
  EXPECT_THAT(server.log(), Not(HasSubstr("hunter2")));
}

TEST(Caches, ARedisThatDiesAndComesBackLosesNothingElse) {
  if (!has_apertium()) GTEST_SKIP() << "apertium-eng-spa is not installed";
  if (!contract::RedisProcess::is_installed()) GTEST_SKIP() << "redis-server is not installed";
  const TemporaryFolder folder;
  contract::RedisProcess redis;
  const ServerProcess server(folder.path(), {"--set", "cache.type=redis", "--set",
                                             "cache.redis_url=redis://127.0.0.1:" + std::to_string(redis.port())});
  const std::string first = translate(server);
  EXPECT_EQ(translate(server), first);
  EXPECT_EQ(translations_of(server).at("hits"), 1);
  EXPECT_EQ(translations_of(server).at("entries"), 1);
  redis.signal(SIGSTOP);
  EXPECT_EQ(translate(server), first);
  redis.signal(SIGCONT);
  redis.kill();
  EXPECT_EQ(translate(server), first);
  EXPECT_EQ(translations_of(server).at("connected"), false);
}

}  // namespace
}  // namespace voxlate::e2e
