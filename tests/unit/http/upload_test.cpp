#include <fstream>
#include <latch>
#include <random>

#include "base/hashing.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;
using UploadTest = ServerTest;

std::string file_content(const std::filesystem::path& path) { return read_file(path, std::uint64_t{1} << 30); }

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::string random_bytes(std::size_t size) {
  std::mt19937_64 random(7);
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST_F(UploadTest, StoresTheFileAndQueuesTheJob) {
  JobSpec probed;
  probe_ = [&](const std::filesystem::path& path, const JobSpec& spec) {
    EXPECT_FALSE(path.has_extension());
    probed = spec;
    return MediaSummary{.size_bytes = 0, .duration = {}, .content_type = "audio/wav", .description = "wav"};
  };
  start();
  const std::string content = random_bytes(300'000);
  const Answer answer = post(
      Form().field("language", "en").file("../../a.wav", content).field("targets[]", "es").field("formats", "srt,vtt"));
  ASSERT_EQ(answer.status, 202) << answer.body;
  const json body = json::parse(answer.body);
  const std::string id = body["id"];
  EXPECT_EQ(body["status"], "queued");
  EXPECT_EQ(body["links"]["self"], "/api/jobs/" + id);
  EXPECT_EQ(answer.header("location"), "/api/jobs/" + id);
  EXPECT_EQ(file_content(data_.workspace(id).source()), content);
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_EQ(wakes_, 1);
  const auto job = store_.get(id);
  ASSERT_TRUE(job);
  EXPECT_EQ(job->spec.source_name, "a.wav");
  EXPECT_EQ(job->spec.targets, std::vector<std::string>{"es"});
  EXPECT_EQ(job->media.size_bytes, content.size());
  EXPECT_EQ(probed.language, "en");
}

TEST_F(UploadTest, TakesChunkedBodiesAnd100Continue) {
  start();
  const std::string form = Form().file("a.wav", "hello").text();
  Client client(port_);
  client.send(head("POST", "/api/jobs",
                   "Transfer-Encoding: chunked\r\nExpect: 100-continue\r\nContent-Type: multipart/form-data; "
                   "boundary=XyZ-boundary\r\n"));
  ASSERT_TRUE(client.wait_for("HTTP/1.1 100 Continue\r\n\r\n"));
  client.clear();
  for (const char c : form) client.send(std::string("1\r\n") + c + "\r\n");
  client.send("0\r\n\r\n" + head("GET", "/livez"));
  EXPECT_EQ(client.read_answer().status, 202);
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(UploadTest, LargeUploadNeedsNoMemory) {
  constexpr std::size_t kBlock = 1 << 20;
  constexpr std::size_t kBlocks = 64;
  start();
  make_job();
  const std::string block = random_bytes(kBlock);
  const std::string begin = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big\"\r\n\r\n";
  const std::string end = "\r\n--b--\r\n";
  const std::size_t before = resident_bytes();
  std::size_t most = before;
  Client client(port_);
  client.send(head("POST", "/api/jobs",
                   "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: " +
                       std::to_string(begin.size() + kBlock * kBlocks + end.size()) + "\r\n"));
  client.send(begin);
  Sha256 expected;
  for (std::size_t i = 0; i < kBlocks; ++i) {
    client.send(block);
    expected.update(block);
    most = std::max(most, resident_bytes());
  }
  client.send(end);
  const Answer answer = client.read_answer();
  ASSERT_EQ(answer.status, 202);
  most = std::max(most, resident_bytes());
  RecordProperty("growth_bytes", static_cast<int>(most - before));
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  EXPECT_LT(most - before, std::size_t{8} << 20);
#endif
  const std::string id = json::parse(answer.body)["id"];
  EXPECT_EQ(sha256_hex(file_content(data_.workspace(id).source())), expected.finish());
}

TEST_F(UploadTest, RefusesBadForms) {
  start();
  expect_problem(post(Form().field("language", "en")), 422, "invalid_input");
  expect_problem(post(Form().file("a.wav", "")), 422, "invalid_input");
  expect_problem(post(Form().file("a.wav", "x").file("b.wav", "y")), 422, "invalid_input");
  expect_problem(post(Form().file("a.wav", "x", "video")), 422, "unknown_field");
  expect_problem(post(Form().file("a.wav", "x").field("langauge", "en")), 422, "unknown_field");
  expect_problem(post(Form().file("a.wav", "x").field("kind", "dub")), 422, "invalid_input");
  expect_problem(post(Form().file("a.wav", "x").field("file", "x")), 422, "invalid_input");
  expect_problem(ask("POST", "/api/jobs", "Content-Type: text/plain\r\n", "{}"), 415, "unsupported_content");
  expect_problem(ask("POST", "/api/jobs"), 415, "unsupported_content");
  expect_problem(ask("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\n", "--b\r\nbad"), 400,
                 "malformed_request");
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_EQ(job_folders(), 0U);
  EXPECT_TRUE(store_.ids().empty());
}

TEST_F(UploadTest, LimitsFields) {
  start();
  expect_problem(post(Form().file("a", "x").field("engine", std::string(64 * 1024 + 1, 'e'))), 413, "too_large");
  Form many;
  for (int i = 0; i < 65; ++i) many.field("targets", "es");
  expect_problem(post(many.file("a", "x")), 413, "too_large");
  EXPECT_EQ(unfinished_uploads(), 0U);
}

TEST_F(UploadTest, RefusesAnAnnouncedSizeBeforeTheBody) {
  options_.max_upload_bytes = 1 << 20;
  start();
  Client client(port_);
  client.send(
      head("POST", "/api/jobs",
           "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 2000000\r\nExpect: 100-continue\r\n"));
  const Answer answer = client.read_answer();
  expect_problem(answer, 413, "too_large");
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(UploadTest, CountsTheBytesOfAnUnannouncedSize) {
  options_.max_upload_bytes = 1 << 20;
  start();
  Client client(port_);
  client.send(
      head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n"));
  const std::string begin = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"big\"\r\n\r\n";
  std::string chunk(32 * 1024, 'x');
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", begin.size());
  client.send(size + begin + "\r\n");
  std::snprintf(size, sizeof size, "%zx\r\n", chunk.size());
  // The limit and 64 KiB, and not one chunk more.
  for (int i = 0; i < 34; ++i) client.send(size + chunk + "\r\n");
  const Answer answer = client.read_answer();
  expect_problem(answer, 413, "too_large");
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_EQ(unfinished_uploads(), 0U);
}

TEST_F(UploadTest, RefusesWhatTheDiskHasNoRoomFor) {
  options_.min_free_disk_bytes = data_.space().free_bytes + (std::uint64_t{1} << 40);
  start();
  const Answer answer = post(Form().file("a.wav", "x"));
  expect_problem(answer, 507, "storage_full");
  EXPECT_FALSE(answer.header("retry-after").empty());
  EXPECT_EQ(get("/api/jobs").status, 200);
}

TEST_F(UploadTest, RefusesWhenTheQueueIsFull) {
  options_.max_queued_jobs = 2;
  start();
  const std::string id = make_job();
  make_job();
  const Answer answer = post(Form().file("a.wav", "x"));
  expect_problem(answer, 503, "queue_full");
  EXPECT_GE(std::stoi(answer.header("retry-after")), 1);
  EXPECT_EQ(ask("DELETE", "/api/jobs/" + id).status, 204);
  EXPECT_EQ(post(Form().file("a.wav", "x")).status, 202);
}

TEST_F(UploadTest, SaysWhyMediaIsRefused) {
  start();
  const auto refuse = [&](ErrorCode code) {
    probe_ = [code](const std::filesystem::path&, const JobSpec&) -> MediaSummary { throw Error(code, "no audio"); };
    return post(Form().file("a.wav", "x"));
  };
  expect_problem(refuse(ErrorCode::kUnsupported), 415, "unsupported_media");
  expect_problem(refuse(ErrorCode::kCorrupt), 422, "corrupt");
  expect_problem(refuse(ErrorCode::kInvalidInput), 422, "invalid_input");
  EXPECT_NE(refuse(ErrorCode::kUnsupported).body.find("no audio"), std::string::npos);
  complete_spec_ = [](JobSpec&) { throw Error(ErrorCode::kUnsupported, "en to xx: there are en to es"); };
  const Answer answer = post(Form().file("a.wav", "x"));
  expect_problem(answer, 422, "unsupported");
  EXPECT_NE(answer.body.find("there are en to es"), std::string::npos);
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_EQ(job_folders(), 0U);
}

TEST_F(UploadTest, LeavesNothingWhenTheClientGoesAway) {
  start();
  {
    Client client(port_);
    client.send(
        head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n"));
    client.send("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\nxxxx");
  }
  stop();
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_TRUE(store_.ids().empty());
}

TEST_F(UploadTest, GivesUpABodyThatComesTooSlowly) {
  options_.body_rate_window = std::chrono::milliseconds(200);
  start();
  Client client(port_);
  client.send(head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n"));
  client.send("--b\r\n");
  expect_problem(client.read_answer(), 408, "request_timeout");
  EXPECT_TRUE(client.closed());
}

TEST_F(UploadTest, RepeatedRequestGivesTheFirstJob) {
  start();
  const std::string key = "Idempotency-Key: \"0123456789abcdef\"\r\n";
  const Form form = Form().file("a.wav", "x").field("language", "en");
  const Answer first = post(form, key);
  const Answer second = post(form, key);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(second.status, 202);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(first.header("idempotent-replayed"), "");
  EXPECT_EQ(second.header("idempotent-replayed"), "true");
  EXPECT_EQ(store_.ids().size(), 1U);
  EXPECT_EQ(job_folders(), 1U);
  expect_problem(post(Form().file("a.wav", "y").field("language", "en"), key), 422, "invalid_input");
  expect_problem(post(Form().file("a.wav", "x").field("language", "de"), key), 422, "invalid_input");
  expect_problem(post(form, "Idempotency-Key: short\r\n"), 400, "invalid_idempotency_key");
  EXPECT_EQ(store_.ids().size(), 1U);
  EXPECT_EQ(job_folders(), 1U);
}

TEST_F(UploadTest, AJobIsKnownByWhatItsFileHolds) {
  earlier_work_ = [](const JobSpec& spec, const std::string& owner, const std::string& sha256) {
    return EarlierWork{.key = owner + sha256, .is_done = spec.cache};
  };
  start();
  const auto job_of = [&](const Form& form) {
    return store_.get(nlohmann::json::parse(post(form).body).at("id")).value();
  };
  const Job done = job_of(Form().file("a.wav", "content"));
  EXPECT_EQ(done.work_key, sha256_hex("content"));
  EXPECT_TRUE(done.spec.brief) << "need not wait for those that take long";
  const Job anew = job_of(Form().file("b.wav", "content").field("cache", "false"));
  EXPECT_FALSE(anew.spec.cache);
  EXPECT_FALSE(anew.spec.brief);
  expect_problem(post(Form().file("a.wav", "content").field("cache", "maybe")), 422, "invalid_input");
}

TEST_F(UploadTest, ParallelRepetitionsMakeOneJob) {
  constexpr int kClients = 32;
  start();
  const Form form = Form().file("a.wav", std::string(10'000, 'x'));
  std::atomic<int> accepted = 0;
  std::atomic<int> in_flight = 0;
  std::latch ready(kClients);
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kClients; ++i) {
      clients.emplace_back([&] {
        ready.arrive_and_wait();
        const Answer answer = post(form, "Idempotency-Key: 0123456789abcdef\r\n");
        if (answer.status == 202) ++accepted;
        if (answer.status == 409 && answer.header("retry-after") == "1") ++in_flight;
      });
    }
  }
  EXPECT_GE(accepted, 1);
  EXPECT_EQ(accepted + in_flight, kClients);
  EXPECT_EQ(store_.ids().size(), 1U);
  EXPECT_EQ(job_folders(), 1U);
}

}  // namespace
}  // namespace voxlate::http
