#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

class FilesTest : public ServerTest {
 protected:
  void SetUp() override {
    start();
    id_ = make_job("Tal\xC3\xA4 \"1\".mp4", "0123456789");
    finish_next("Tal\xC3\xA4.en.srt", "abcdefghij");
    file_ = "/api/jobs/" + id_ + "/files/Tal%C3%A4.en.srt";
    source_ = "/api/jobs/" + id_ + "/source";
  }

  std::string id_;
  std::string file_;
  std::string source_;
};

TEST_F(FilesTest, FileIsAnAttachment) {
  const Answer answer = get(file_);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "abcdefghij");
  EXPECT_EQ(answer.header("content-type"), "text/plain; charset=utf-8");
  EXPECT_EQ(answer.header("content-disposition"),
            "attachment; filename=\"Tal__.en.srt\"; filename*=UTF-8''Tal%C3%A4.en.srt");
  EXPECT_EQ(answer.header("content-security-policy"), "default-src 'none'; frame-ancestors 'none'; sandbox");
  EXPECT_EQ(answer.header("accept-ranges"), "bytes");
}

TEST_F(FilesTest, JobNamesItsFiles) {
  const auto job = nlohmann::json::parse(get("/api/jobs/" + id_).body);
  EXPECT_EQ(job["files"][0]["url"], file_);
  EXPECT_EQ(job["status"], "completed");
}

TEST_F(FilesTest, SourceIsShownInline) {
  const Answer answer = get(source_);
  EXPECT_EQ(answer.body, "0123456789");
  EXPECT_EQ(answer.header("content-type"), "video/mp4");
  EXPECT_TRUE(answer.header("content-disposition").starts_with("inline; filename=\""));
}

TEST_F(FilesTest, SendsOneRange) {
  const auto range = [&](const std::string& value) { return get(source_, "Range: " + value + "\r\n"); };
  const Answer part = range("bytes=2-4");
  EXPECT_EQ(part.status, 206);
  EXPECT_EQ(part.body, "234");
  EXPECT_EQ(part.header("content-range"), "bytes 2-4/10");
  EXPECT_EQ(part.header("content-length"), "3");
  EXPECT_EQ(range("bytes=7-").body, "789");
  EXPECT_EQ(range("bytes=-1").body, "9");
  EXPECT_EQ(range("bytes=0-100").header("content-range"), "bytes 0-9/10");
  for (const char* past : {"bytes=10-", "bytes=5000000000-", "bytes=-0"}) {
    const Answer refused = range(past);
    expect_problem(refused, 416, "range_not_satisfiable");
    EXPECT_EQ(refused.header("content-range"), "bytes */10") << past;
  }
  for (const char* whole : {"bytes=0-1,3-4", "bytes=a-", "lines=1-2"}) {
    const Answer all = range(whole);
    EXPECT_EQ(all.status, 200) << whole;
    EXPECT_EQ(all.body, "0123456789") << whole;
  }
}

TEST_F(FilesTest, ManyOverlappingRangesAreSentOnce) {
  std::string ranges = "Range: bytes=0-9";
  for (int i = 0; i < 300; ++i) ranges += ",0-9";
  EXPECT_EQ(get(source_, ranges + "\r\n").header("content-length"), "10");
}

TEST_F(FilesTest, ConditionsUseTheTag) {
  const std::string etag = get(file_).header("etag");
  ASSERT_TRUE(etag.starts_with('"'));
  const Answer same = get(file_, "If-None-Match: " + etag + "\r\n");
  EXPECT_EQ(same.status, 304);
  EXPECT_EQ(same.header("etag"), etag);
  EXPECT_TRUE(same.header("content-length").empty());
  EXPECT_EQ(get(file_, "If-None-Match: \"other\"\r\n").status, 200);
  EXPECT_EQ(get(file_, "Range: bytes=0-1\r\nIf-Range: " + etag + "\r\n").status, 206);
  EXPECT_EQ(get(file_, "Range: bytes=0-1\r\nIf-Range: \"other\"\r\n").status, 200);
}

TEST_F(FilesTest, HeadTellsTheSize) {
  Client client(port_);
  client.send(head("HEAD", source_, "Connection: close\r\n"));
  const Answer answer = client.read_answer(/*head_only=*/true);
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("content-length"), "10");
  EXPECT_TRUE(client.closed());
}

TEST_F(FilesTest, OnlyListedNamesAreFiles) {
  data_.workspace(id_).write_atomically("unlisted.txt", "secret");
  for (const char* name : {"unlisted.txt", "..%2f..%2fvoxlate.db", "%2e%2e", "..", "%2fetc%2fpasswd", "a%00b",
                           "Tal%C3%A4.en.srt%00", "Tal%C3%A4.en.srt%2f", "..%5Csource"}) {
    expect_problem(get("/api/jobs/" + id_ + "/files/" + name), 404, "not_found");
  }
}

TEST_F(FilesTest, MissingFileOfAJobIsNotFound) {
  data_.workspace(id_).remove();
  expect_problem(get(file_), 404, "not_found");
  expect_problem(get(source_), 404, "not_found");
}

}  // namespace
}  // namespace voxlate::http
