#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;
using CacheRoutesTest = ServerTest;

TEST_F(CacheRoutesTest, ListsCaches) {
  start();
  const Answer answer = get("/api/caches");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"caches": [
      {"name": "results", "type": "memory", "entries": 2, "bytes": 1024, "max_entries": 1000, "max_bytes": 4096,
       "hits": 2, "misses": 1, "hit_rate": 0.6667, "stored": 3, "evictions": 1, "errors": 0},
      {"name": "translations", "type": "redis", "entries": 0, "bytes": 0, "max_entries": 0, "max_bytes": 0,
       "hits": 0, "misses": 0, "hit_rate": 0.0, "stored": 0, "evictions": 0, "errors": 4,
       "connected": false, "breaker": "open"}]})"));
}

TEST_F(CacheRoutesTest, ClearsOne) {
  start();
  const Answer answer = ask("DELETE", "/api/caches/results");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"freed_bytes": 1024})"));
  const Answer unknown = ask("DELETE", "/api/caches/other");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_EQ(json::parse(unknown.body).at("detail"), "no such cache; there is: results");
  EXPECT_EQ(get("/api/caches/results").status, 405);
}

}  // namespace
}  // namespace voxlate::http
