#include "http/request_head.h"

#include <gtest/gtest.h>

namespace voxlate::http {
namespace {

std::variant<RequestHead, Problem> parse(const std::string& text) { return parse_request_head(text); }

RequestHead parsed(const std::string& text) {
  auto head = parse(text);
  EXPECT_TRUE(std::holds_alternative<RequestHead>(head)) << text;
  return std::holds_alternative<RequestHead>(head) ? std::get<RequestHead>(head) : RequestHead();
}

std::string code_of(const std::string& text) {
  const auto head = parse(text);
  const auto* problem = std::get_if<Problem>(&head);
  return problem != nullptr ? problem->code : "accepted";
}

TEST(RequestHead, KeepsWhatWasSent) {
  const auto head = parsed("POST /a/b?c=d HTTP/1.1\r\nHost: h:1\r\nContent-Length: 12\r\nX-One:  two \r\n\r\n");
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/a/b?c=d");
  EXPECT_EQ(head.content_length, 12U);
  EXPECT_EQ(head.value("x-one"), "two");
  EXPECT_TRUE(head.keep_alive);
  EXPECT_FALSE(head.has("x-two"));
}

TEST(RequestHead, HeaderValuesAreNotDecoded) {
  EXPECT_EQ(parsed("GET / HTTP/1.1\r\nHost: h\r\nX: a%0d%0aB: c\r\n\r\n").value("x"), "a%0d%0aB: c");
}

TEST(RequestHead, AbsoluteTargetReplacesHost) {
  const auto head = parsed("GET http://real:1/x?y HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(head.target, "/x?y");
  EXPECT_EQ(head.value("host"), "real:1");
  EXPECT_EQ(parsed("GET http://real HTTP/1.1\r\nHost: h\r\n\r\n").target, "/");
}

TEST(RequestHead, KnowsWhenToClose) {
  EXPECT_FALSE(parsed("GET / HTTP/1.1\r\nHost: h\r\nConnection: foo, Close\r\n\r\n").keep_alive);
  EXPECT_FALSE(parsed("GET / HTTP/1.0\r\n\r\n").keep_alive);
}

TEST(RequestHead, RefusesAmbiguousFraming) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  for (const char* headers : {"Content-Length: 1\r\nContent-Length: 1\r\n",
                              "Content-Length: 1, 1\r\n",
                              "Content-Length: +1\r\n",
                              "Content-Length: -1\r\n",
                              "Content-Length: 0x1\r\n",
                              "Content-Length: 1 1\r\n",
                              "Content-Length: \r\n",
                              "Content-Length: 99999999999999999999\r\n",
                              "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding: gzip, chunked\r\n",
                              "Transfer-Encoding: chunked, chunked\r\n",
                              "Transfer-Encoding: xchunked\r\n",
                              "Transfer-Encoding: identity\r\n",
                              "Transfer-Encoding:\r\n",
                              "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                              "Transfer-Encoding : chunked\r\n",
                              "Content-Length : 1\r\n",
                              " Content-Length: 1\r\n",
                              "X: a\r\n folded\r\n",
                              "no colon\r\n",
                              ": nameless\r\n",
                              "X: a\rb\r\n",
                              "X: a\x01\r\n",
                              "X(: a\r\n",
                              "Host: other\r\n"}) {
    EXPECT_EQ(code_of(post + headers + "\r\n"), "malformed_request") << headers;
  }
}

TEST(RequestHead, RefusesBadRequestLines) {
  for (const char* line :
       {"GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET /", "GET / HTTP/1.10", "GET / http/1.1",
        "G@T / HTTP/1.1", "GET x HTTP/1.1", "GET /a\tb HTTP/1.1", "GET /\xC3\xA4 HTTP/1.1", "GET /a#b HTTP/1.1",
        "GET * HTTP/1.1", "GET ftp://h/ HTTP/1.1", ""}) {
    EXPECT_EQ(code_of(std::string(line) + "\r\nHost: h\r\n\r\n"), "malformed_request") << line;
  }
  EXPECT_EQ(code_of("GET / HTTP/2.0\r\nHost: h\r\n\r\n"), "version_not_supported");
  EXPECT_EQ(code_of("TRACE / HTTP/1.1\r\nHost: h\r\n\r\n"), "not_implemented");
}

TEST(RequestHead, RefusesMissingOrBrokenHost) {
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\n\r\n"), "malformed_request");
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), "malformed_request");
  EXPECT_EQ(code_of("GET / HTTP/1.1\r\nHost: u@h\r\n\r\n"), "malformed_request");
}

TEST(RequestHead, RefusesBodiesWhereThereAreNone) {
  for (const char* method : {"GET", "HEAD", "DELETE", "OPTIONS"}) {
    EXPECT_EQ(code_of(std::string(method) + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n\r\n"),
              "malformed_request");
    EXPECT_EQ(code_of(std::string(method) + " / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"),
              "malformed_request");
    EXPECT_EQ(code_of(std::string(method) + " / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"), "accepted");
  }
}

TEST(RequestHead, RefusesCodedBodiesAndUnknownExpectations) {
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\n";
  EXPECT_EQ(code_of(post + "Content-Encoding: gzip\r\n\r\n"), "unsupported_content");
  EXPECT_EQ(code_of(post + "Expect: the-best\r\n\r\n"), "expectation_failed");
  EXPECT_TRUE(parsed(post + "Expect: 100-Continue\r\n\r\n").expect_continue);
}

TEST(RequestHead, RefusesTooManyHeaders) {
  std::string text = "GET / HTTP/1.1\r\nHost: h\r\n";
  for (std::size_t i = 1; i < kMaxHeaders; ++i) text += "X: y\r\n";
  EXPECT_EQ(code_of(text + "\r\n"), "accepted");
  EXPECT_EQ(code_of(text + "X: y\r\n\r\n"), "head_too_large");
}

TEST(FindHeadEnd, SeesTheEndAndFaultsAsTheyCome) {
  const std::string head = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(std::get<std::size_t>(find_head_end(head + "rest")), head.size());
  for (std::size_t size = 0; size < head.size(); ++size) {
    EXPECT_TRUE(std::holds_alternative<std::monostate>(find_head_end(head.substr(0, size)))) << size;
  }
  for (const std::string& bad : {std::string("GET / HTTP/1.1\n"), std::string("GET /\0", 6), std::string("\n")}) {
    EXPECT_TRUE(std::holds_alternative<Problem>(find_head_end(bad)));
  }
}

TEST(FindHeadEnd, HasLimits) {
  const auto code = [](const std::string& text) {
    const auto result = find_head_end(text);
    return std::holds_alternative<Problem>(result) ? std::get<Problem>(result).code : "more";
  };
  EXPECT_EQ(code("GET /" + std::string(kMaxLineBytes, 'a')), "uri_too_long");
  EXPECT_EQ(code("GET / HTTP/1.1\r\nX: " + std::string(kMaxLineBytes, 'a')), "head_too_large");
  std::string many = "GET / HTTP/1.1\r\n";
  while (many.size() <= kMaxHeadBytes) many += "X: " + std::string(1000, 'a') + "\r\n";
  EXPECT_EQ(code(many), "head_too_large");
}

TEST(HostName, DropsThePort) {
  EXPECT_EQ(host_name("LocalHost:5000"), "localhost");
  EXPECT_EQ(host_name("[::1]:5000"), "::1");
  EXPECT_EQ(host_name("[::1"), "::1");
}

}  // namespace
}  // namespace voxlate::http
