#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

class ConnectionTest : public ServerTest {
 protected:
  // Sends `bytes` with a second request behind them: exactly one answer may come, and then the end.
  void expect_refused(const std::string& bytes, int status) {
    SCOPED_TRACE(bytes.substr(0, 200));
    Client client(port_);
    ASSERT_TRUE(client.connected());
    client.send(bytes + head("GET", "/livez"));
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, status);
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_TRUE(client.closed()) << client.received();
  }
};

TEST_F(ConnectionTest, RefusesOverLimits) {
  start();
  expect_refused("GET /" + std::string(9000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414);
  expect_refused("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(9000, 'a') + "\r\n\r\n", 431);
  std::string many = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (int i = 0; i < 200; ++i) many += "X: y\r\n";
  expect_refused(many + "\r\n", 431);
  expect_refused("GET / HTTP/3.0\r\nHost: h\r\n\r\n", 505);
  expect_refused("CONNECT h:1 HTTP/1.1\r\nHost: h\r\n\r\n", 501);
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: x\r\n\r\nx", 417);
  expect_refused("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nContent-Encoding: gzip\r\n\r\nx", 415);
}

TEST_F(ConnectionTest, GivesUpASlowHead) {
  options_.head_timeout = std::chrono::milliseconds(100);
  start();
  Client client(port_);
  client.send("GET /livez HT");
  expect_problem(client.read_answer(), 408, "request_timeout");
  EXPECT_TRUE(client.closed());
}

TEST_F(ConnectionTest, ClosesAnIdleConnection) {
  options_.idle_timeout = std::chrono::milliseconds(100);
  start();
  Client client(port_);
  EXPECT_TRUE(client.closed());
}

TEST_F(ConnectionTest, SlowHeadsDoNotStopTheOthers) {
  start();
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 40; ++i) {
    slow.push_back(std::make_unique<Client>(port_));
    slow.back()->send("GET /livez HTTP/1.1\r\nX-Slow: ");
  }
  EXPECT_EQ(get("/livez").status, 200);
}

TEST_F(ConnectionTest, TurnsAwayWhatIsTooMany) {
  options_.max_connections = 2;
  start();
  Client first(port_);
  Client second(port_);
  first.send(head("GET", "/livez"));
  second.send(head("GET", "/livez"));
  EXPECT_EQ(first.read_answer().status, 200);
  EXPECT_EQ(second.read_answer().status, 200);
  Client third(port_);
  expect_problem(third.read_answer(), 503, "too_many_connections");
  EXPECT_TRUE(third.closed());
}

TEST_F(ConnectionTest, UnreadBodyNeverBecomesARequest) {
  start();
  const std::string inner = head("GET", "/livez");
  Client client(port_);
  client.send(head("POST", "/api/nowhere", "Content-Length: " + std::to_string(inner.size()) + "\r\n") + inner +
              head("GET", "/api/jobs"));
  expect_problem(client.read_answer(), 404, "not_found");
  EXPECT_EQ(client.read_answer().body, R"({"jobs":[],"next":null})");
}

TEST_F(ConnectionTest, ClosesWhenABodyIsLeftUnread) {
  start();
  Client client(port_);
  client.send(head("POST", "/api/nowhere", "Content-Length: 100000000\r\n") + "some");
  const Answer answer = client.read_answer();
  expect_problem(answer, 404, "not_found");
  EXPECT_EQ(answer.header("connection"), "close");
}

TEST_F(ConnectionTest, ShutdownEndsIdleConnectionsAtOnce) {
  start();
  Client client(port_);
  client.send(head("GET", "/livez"));
  EXPECT_EQ(client.read_answer().status, 200);
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_TRUE(client.closed());
  EXPECT_FALSE(Client(port_).connected());
}

TEST_F(ConnectionTest, ShutdownLetsAnAnswerUnderWayFinish) {
  std::atomic<bool> probing = false;
  std::atomic<bool> go_on = false;
  probe_ = [&](const std::filesystem::path&, const JobSpec&) {
    probing = true;
    probing.notify_all();
    go_on.wait(false);
    return MediaSummary();
  };
  start();
  Client client(port_);
  const Form form = Form().file("a", "x");
  client.send(head("POST", "/api/jobs",
                   "Content-Type: multipart/form-data; boundary=" + form.boundary +
                       "\r\nContent-Length: " + std::to_string(form.text().size()) + "\r\n") +
              form.text());
  probing.wait(false);
  thread_.request_stop();
  go_on = true;
  go_on.notify_all();
  const Answer answer = client.read_answer();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.header("connection"), "close");
  stop();
}

TEST_F(ConnectionTest, ShutdownCutsOffWhatOutlastsTheGrace) {
  options_.shutdown_grace = std::chrono::milliseconds(100);
  start();
  Client client(port_);
  client.send(head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100\r\n") +
              "--b");
  ASSERT_EQ(get("/livez").status, 200);
  stop();
  EXPECT_EQ(unfinished_uploads(), 0U);
}

}  // namespace
}  // namespace voxlate::http
