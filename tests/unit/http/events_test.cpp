#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using EventsTest = ServerTest;

std::string last_id(const std::string& text) {
  const auto begin = text.rfind("id: ") + 4;
  return text.substr(begin, text.find('\n', begin) - begin);
}

TEST_F(EventsTest, BeginWithASnapshot) {
  start();
  const std::string first = make_job("one.mp4");
  const std::string second = make_job("two.mp4");
  Client client(port_);
  client.send(head("GET", "/api/events"));
  ASSERT_TRUE(client.wait_for("\"name\":\"two.mp4\""));
  EXPECT_NE(client.received().find("content-type: text/event-stream") == std::string::npos &&
                client.received().find("Content-Type: text/event-stream") == std::string::npos,
            true);
  EXPECT_NE(client.received().find("retry: 2000\n\n"), std::string::npos);
  EXPECT_LT(client.received().find(first), client.received().find(second));
}

TEST_F(EventsTest, TellChangesAsTheyHappen) {
  start();
  const std::string id = make_job();
  Client client(port_);
  client.send(head("GET", "/api/jobs/" + id + "/events"));
  ASSERT_TRUE(client.wait_for("\"status\":\"queued\""));
  make_job("other.mp4");
  feed_.publish(ChangeKind::kWindow, id, "", R"({"begin_ms":0,"end_ms":1000,"segments":[]})");
  ASSERT_TRUE(client.wait_for("event: segments\ndata: {\"begin_ms\":0,\"end_ms\":1000,\"segments\":[],\"job_id\":\"" +
                              id + "\"}\n\n"));
  ask("POST", "/api/jobs/" + id + "/cancel");
  ASSERT_TRUE(client.wait_for("\"status\":\"cancelled\""));
  ask("DELETE", "/api/jobs/" + id);
  ASSERT_TRUE(client.wait_for("event: deleted\ndata: {\"id\":\"" + id + "\"}\n\n"));
  EXPECT_EQ(client.received().find("other.mp4"), std::string::npos);
}

TEST_F(EventsTest, GoOnBehindTheLastOneSeen) {
  start();
  const std::string id = make_job();
  std::string seen;
  {
    Client client(port_);
    client.send(head("GET", "/api/events"));
    ASSERT_TRUE(client.wait_for("\"status\":\"queued\""));
    seen = last_id(client.received());
  }
  ask("POST", "/api/jobs/" + id + "/cancel");
  Client client(port_);
  client.send(head("GET", "/api/events", "Last-Event-ID: " + seen + "\r\n"));
  ASSERT_TRUE(client.wait_for("\"status\":\"cancelled\""));
  const std::string& text = client.received();
  EXPECT_EQ(text.find("event: job"), text.rfind("event: job")) << "a snapshot was sent again";
}

TEST_F(EventsTest, BeginAnewForAnIdOfAnotherProcess) {
  start();
  make_job();
  for (const char* id : {"abcdefgh-1", "1", "", "garbage", "abcdefgh-99999999999999999999"}) {
    Client client(port_);
    client.send(head("GET", "/api/events", "Last-Event-ID: " + std::string(id) + "\r\n"));
    EXPECT_TRUE(client.wait_for("\"status\":\"queued\"")) << id;
  }
}

TEST_F(EventsTest, CommentsKeepAQuietStreamAlive) {
  options_.event_keep_alive = std::chrono::milliseconds(1000);
  start();
  Client client(port_);
  client.send(head("GET", "/api/events"));
  EXPECT_TRUE(client.wait_for(": alive\n\n"));
}

TEST_F(EventsTest, AreLimitedInNumberAndPlacesComeFree) {
  options_.max_event_streams = 1;
  start();
  {
    Client client(port_);
    client.send(head("GET", "/api/events"));
    ASSERT_TRUE(client.wait_for("retry: 2000"));
    expect_problem(get("/api/events"), 503, "too_many_streams");
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (std::chrono::steady_clock::now() < until) {
    feed_.publish(ChangeKind::kJob, "x", "");
    Client client(port_);
    client.send(head("GET", "/api/events", "Connection: close\r\n"));
    if (client.wait_for("retry: 2000")) return;
  }
  FAIL() << "the place of a client that went away never came free";
}

TEST_F(EventsTest, ManyStreamsLeaveTheRestAlone) {
  start();
  std::vector<std::unique_ptr<Client>> streams;
  for (int i = 0; i < 60; ++i) {
    streams.push_back(std::make_unique<Client>(port_));
    streams.back()->send(head("GET", "/api/events"));
    ASSERT_TRUE(streams.back()->wait_for("retry: 2000"));
  }
  EXPECT_EQ(get("/livez").status, 200);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  for (const auto& stream : streams) {
    EXPECT_TRUE(stream->wait_for("0\r\n\r\n")) << "a stream did not end in good order";
  }
}

TEST_F(EventsTest, HttpOneZeroGetsThemUnchunked) {
  start();
  make_job();
  Client client(port_);
  client.send("GET /api/events HTTP/1.0\r\n\r\n");
  ASSERT_TRUE(client.wait_for("\"status\":\"queued\""));
  EXPECT_EQ(client.received().find("chunked"), std::string::npos);
}

}  // namespace
}  // namespace voxlate::http
