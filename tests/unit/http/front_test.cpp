// What many clients, slow ones and proxies do to a server with few threads.

#include <filesystem>

#include "http/address_counts.h"
#include "http/connection.h"
#include "http/forwarded.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

IpAddress address(const char* text) { return IpAddress::parse(text).value(); }

std::vector<IpRange> ranges(std::initializer_list<const char*> texts) {
  std::vector<IpRange> result;
  for (const char* text : texts) result.push_back(IpRange::parse(text).value());
  return result;
}

// --- addresses ---

TEST(AddressCounts, LimitEachClient) {
  AddressCounts counts(2, {});
  EXPECT_TRUE(counts.try_add(address("192.0.2.1")));
  EXPECT_TRUE(counts.try_add(address("192.0.2.1")));
  EXPECT_FALSE(counts.try_add(address("192.0.2.1")));
  EXPECT_TRUE(counts.try_add(address("192.0.2.2")));
  counts.remove(address("192.0.2.1"));
  EXPECT_TRUE(counts.try_add(address("192.0.2.1")));
  EXPECT_FALSE(counts.try_add(address("192.0.2.1")));
}

TEST(AddressCounts, TakeANetworkOfIpv6AsOneClient) {
  AddressCounts counts(1, {});
  EXPECT_TRUE(counts.try_add(address("2001:db8:0:1::1")));
  EXPECT_FALSE(counts.try_add(address("2001:db8:0:1:ffff::2")));
  EXPECT_TRUE(counts.try_add(address("2001:db8:0:2::1")));
}

TEST(AddressCounts, LeaveLoopbackAndProxiesAlone) {
  AddressCounts counts(1, ranges({"10.0.0.0/8"}));
  for (int i = 0; i < 5; ++i) {
    for (const char* peer : {"127.0.0.1", "::1", "10.1.2.3"}) EXPECT_TRUE(counts.try_add(address(peer))) << peer;
  }
}

RemoteEnd remote_end(const std::string& headers, const char* peer = "10.0.0.1") {
  const auto head = parse_request_head("GET / HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n");
  return remote_end_of(std::get<RequestHead>(head), address(peer), ranges({"10.0.0.0/8", "fd00::/8"}));
}

TEST(RemoteEnd, OfAnUntrustedPeerIsThePeer) {
  const RemoteEnd untrusted = remote_end("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n", "192.0.2.1");
  EXPECT_EQ(untrusted.peer.text(), "192.0.2.1");
  EXPECT_FALSE(untrusted.secure);
}

TEST(RemoteEnd, IsTheRightmostAddressThatIsNoProxy) {
  const auto peer = [](const std::string& headers) { return remote_end(headers).peer.text(); };
  EXPECT_EQ(peer("X-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(peer("X-Forwarded-For: 6.6.6.6, 192.0.2.7\r\n"), "192.0.2.7") << "the client said 6.6.6.6";
  EXPECT_EQ(peer("X-Forwarded-For: 6.6.6.6, 192.0.2.7, 10.0.0.9\r\n"), "192.0.2.7");
  EXPECT_EQ(peer("X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 192.0.2.7\r\n"), "192.0.2.7");
  EXPECT_EQ(peer("X-Forwarded-For: 10.0.0.8, 10.0.0.9\r\n"), "10.0.0.8") << "all are proxies: the first of them";
  EXPECT_EQ(peer("X-Forwarded-For: 192.0.2.7:4711\r\n"), "192.0.2.7");
  EXPECT_EQ(peer("X-Forwarded-For: [2001:db8::7]:4711\r\n"), "2001:db8::7");
  EXPECT_EQ(peer("X-Forwarded-For: 2001:db8::7\r\n"), "2001:db8::7");
}

TEST(RemoteEnd, StopsAtWhatIsNoAddress) {
  EXPECT_EQ(remote_end("X-Forwarded-For: 192.0.2.7, garbage\r\n").peer.text(), "10.0.0.1");
  EXPECT_EQ(remote_end("X-Forwarded-For: 192.0.2.7, garbage, 10.0.0.9\r\n").peer.text(), "10.0.0.9");
  EXPECT_EQ(remote_end("X-Forwarded-For: \r\n").peer.text(), "10.0.0.1");
  EXPECT_EQ(remote_end("X-Forwarded-For: ,,\r\n").peer.text(), "10.0.0.1");
  EXPECT_EQ(remote_end("X-Forwarded-For: [::1\r\n").peer.text(), "10.0.0.1");
}

TEST(RemoteEnd, IsSecureWhenTheProxySaysSo) {
  EXPECT_TRUE(remote_end("X-Forwarded-Proto: https\r\n").secure);
  EXPECT_FALSE(remote_end("X-Forwarded-Proto: http\r\n").secure);
  EXPECT_FALSE(remote_end("X-Forwarded-Proto: https, http\r\n").secure);
  EXPECT_FALSE(remote_end("").secure);
}

TEST(RequestHeadDrops, WhatClientsSayOfTheEndsOfTheConnection) {
  const auto parsed = parse_request_head(
      "GET / HTTP/1.1\r\nHost: h\r\nREMOTE_ADDR: 6.6.6.6\r\nremote-port: 1\r\nLocal_Addr: 1\r\nLOCAL-PORT: 2\r\n"
      "X-Kept: 1\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-Host: evil\r\nX-Real-IP: 6.6.6.6\r\n\r\n");
  RequestHead head = std::get<RequestHead>(parsed);
  for (const char* name : {"remote_addr", "remote-port", "local_addr", "local-port"}) EXPECT_FALSE(head.has(name));
  EXPECT_TRUE(head.has("x-forwarded-host"));
  head.drop_forwarded();
  EXPECT_EQ(head.headers.size(), 2U);
  EXPECT_TRUE(head.has("x-kept"));
}

class FrontTest : public ServerTest {
 protected:
  // Sends the begin of an upload that announces 10 MB.
  std::unique_ptr<Client> begin_upload(std::size_t bytes) const {
    auto client = std::make_unique<Client>(port_);
    client->send(
        head("POST", "/api/jobs", "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 10000000\r\n") +
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n" + std::string(bytes, 'x'));
    return client;
  }

  // Until so many uploads are with a thread.
  void await_uploads(std::size_t count) const {
    while (unfinished_uploads() < count) EXPECT_EQ(get("/livez").status, 200);
  }

  static std::size_t threads() {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator("/proc/self/task"), std::filesystem::directory_iterator()));
  }
};

TEST_F(FrontTest, SecurityOfTheTransportIsSaidOnlyWhenAProxyVouches) {
  start();
  EXPECT_EQ(get("/livez", "X-Forwarded-Proto: https\r\n").header("strict-transport-security"), "");
  stop();
  options_.trusted_proxies = ranges({"127.0.0.1"});
  start();
  EXPECT_EQ(get("/livez", "X-Forwarded-Proto: https\r\n").header("strict-transport-security"),
            "max-age=63072000; includeSubDomains");
  EXPECT_EQ(get("/livez", "X-Forwarded-Proto: http\r\n").header("strict-transport-security"), "");
}

TEST_F(FrontTest, ClientsThatSendNothingCostNoThread) {
  start();
  get("/livez");
  const std::size_t before = threads();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<Client>(port_));
    if (i % 2 == 0) clients.back()->send("GET /livez HTTP/1.1\r\nX-Slow: ");
  }
  EXPECT_EQ(get("/livez").status, 200);
  EXPECT_EQ(threads(), before);
  clients[0]->send("1\r\nHost: h.localhost\r\n\r\n");
  EXPECT_EQ(clients[0]->read_answer().status, 200);
}

// Many that are turned away take no place of those that are not.
TEST_F(FrontTest, PlacesComeFreeForTheNext) {
  options_.max_connections = 3;
  start();
  std::vector<std::unique_ptr<Client>> clients;
  for (int i = 0; i < 150; ++i) clients.push_back(std::make_unique<Client>(port_));
  clients[0]->send(head("GET", "/livez"));
  EXPECT_EQ(clients[0]->read_answer().status, 200);
  EXPECT_EQ(clients[3]->read_answer().status, 503);
  clients[0].reset();
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (get("/livez").status != 200) ASSERT_LT(std::chrono::steady_clock::now(), until);
}

TEST_F(FrontTest, PipelinedRequestsAreAnsweredInOrder) {
  start();
  Client client(port_);
  std::string all;
  for (int i = 0; i < 20; ++i) all += head("GET", i % 2 == 0 ? "/livez" : "/api/nothing");
  client.send(all);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.read_answer().status, i % 2 == 0 ? 200 : 404) << i;
}

TEST_F(FrontTest, EmptyLinesBeforeARequestAreSkipped) {
  start();
  Client client(port_);
  client.send("\r\n\r\n" + head("GET", "/livez") + "\r");
  EXPECT_EQ(client.read_answer().status, 200);
  client.send("\n" + head("GET", "/livez"));
  EXPECT_EQ(client.read_answer().status, 200);
}

TEST_F(FrontTest, SmallBodiesThatComeSlowlyTakeNoThread) {
  options_.request_threads = 4;
  start();
  std::vector<std::unique_ptr<Client>> slow;
  for (int i = 0; i < 50; ++i) slow.push_back(begin_upload(100));
  EXPECT_EQ(get("/api/jobs").status, 200);
  make_job();
}

TEST_F(FrontTest, BodiesThatStallLeaveThreadsToTheOthers) {
  options_.request_threads = 4;
  start();
  std::vector<std::unique_ptr<Client>> stalled;
  for (int i = 0; i < 20; ++i) stalled.push_back(begin_upload(kBodyStartBytes));
  await_uploads(3);
  EXPECT_EQ(get("/api/jobs").status, 200);
  EXPECT_EQ(get("/readyz").status, 200);
  make_job();
}

TEST_F(FrontTest, StalledBodiesGiveWayToTheNext) {
  options_.request_threads = 4;
  options_.crowded_body_window = std::chrono::milliseconds(50);
  start();
  std::vector<std::unique_ptr<Client>> stalled;
  for (int i = 0; i < 3; ++i) stalled.push_back(begin_upload(kBodyStartBytes));
  await_uploads(3);
  make_job("large.wav", std::string(300'000, 'a'));
  int gave_way = 0;
  for (const auto& client : stalled) {
    if (!client->wait_for_any(std::chrono::milliseconds(0))) continue;
    expect_problem(client->read_answer(), 408, "request_timeout");
    ++gave_way;
  }
  EXPECT_GE(gave_way, 1);
}

TEST_F(FrontTest, WaitingTooLongForAThreadIs503) {
  options_.request_threads = 4;
  options_.request_wait = std::chrono::milliseconds(100);
  start();
  // Three threads are for bodies.
  std::vector<std::unique_ptr<Client>> stalled;
  for (int i = 0; i < 3; ++i) stalled.push_back(begin_upload(kBodyStartBytes));
  await_uploads(3);
  const auto fourth = begin_upload(kBodyStartBytes);
  const Answer answer = fourth->read_answer();
  expect_problem(answer, 503, "unavailable");
  EXPECT_EQ(answer.header("retry-after"), "10");
}

TEST_F(FrontTest, ClientsThatDoNotReadTheirAnswerTakeNoThread) {
  options_.request_threads = 4;
  start();
  const std::string id = make_job();
  const std::string content(20 << 20, 'c');
  finish_next("big.txt", content);
  std::vector<std::unique_ptr<Client>> readers;
  for (int i = 0; i < 12; ++i) {
    readers.push_back(std::make_unique<Client>(port_));
    readers.back()->send(head("GET", "/api/jobs/" + id + "/files/big.txt"));
    ASSERT_TRUE(readers.back()->wait_for_any(std::chrono::milliseconds(10'000)));
  }
  EXPECT_EQ(get("/api/jobs").status, 200);
  const Answer answer = readers.back()->read_answer();
  EXPECT_EQ(answer.status, 200);
  EXPECT_TRUE(answer.body == content);
  readers.back()->send(head("GET", "/livez"));
  EXPECT_EQ(readers.back()->read_answer().status, 200) << "the connection goes on";
}

TEST_F(FrontTest, AnAnswerThatIsNotTakenIsGivenUp) {
  options_.write_timeout = std::chrono::milliseconds(200);
  start();
  const std::string id = make_job();
  finish_next("big.txt", std::string(20 << 20, 'c'));
  Client client(port_);
  client.send(head("GET", "/api/jobs/" + id + "/files/big.txt"));
  EXPECT_TRUE(client.wait_until_reset(std::chrono::milliseconds(10'000)));
}

TEST_F(FrontTest, ManyStreamsNeedNoThreads) {
  start();
  const std::string id = make_job();
  const std::size_t before = threads();
  std::vector<std::unique_ptr<Client>> streams;
  for (int i = 0; i < 300; ++i) {
    streams.push_back(std::make_unique<Client>(port_));
    streams.back()->send(head("GET", i % 2 == 0 ? "/api/events" : "/api/jobs/" + id + "/events"));
    ASSERT_TRUE(streams.back()->wait_for("\"status\":\"queued\""));
  }
  EXPECT_LE(threads(), before + 8);
  ask("POST", "/api/jobs/" + id + "/cancel");
  for (const auto& stream : streams) ASSERT_TRUE(stream->wait_for("\"status\":\"cancelled\""));
}

TEST_F(FrontTest, AStreamThatIsNotReadIsLetGoAndTheOthersMissNothing) {
  options_.max_event_streams = 2;
  start();
  const std::string id = make_job();
  Client reads(port_);
  Client sleeps(port_);
  for (Client* client : {&reads, &sleeps}) {
    client->send(head("GET", "/api/events"));
    ASSERT_TRUE(client->wait_for("\"status\":\"queued\""));
  }
  EXPECT_EQ(get("/api/events").status, 503);
  // More than the system holds for a client, in events that are numbered.
  const std::string filler(100'000, 'x');
  for (int i = 0; i < 200; ++i) {
    feed_.publish(ChangeKind::kWindow, id, "", "{\"number\":" + std::to_string(i) + ",\"text\":\"" + filler + "\"}");
    ASSERT_TRUE(reads.wait_for("\"number\":" + std::to_string(i) + ",")) << i;
    reads.clear();
  }
  Client third(port_);
  third.send(head("GET", "/api/events"));
  EXPECT_TRUE(third.wait_for("retry: 2000")) << "the place of the one that slept is not free";
}

}  // namespace
}  // namespace voxlate::http
