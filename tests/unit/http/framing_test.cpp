// Requests whose framing can be read in two ways, or in none: each is answered once and the connection closed, so
// that what stands behind it never becomes a request.

#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

struct Malformed {
  std::string name;
  std::string bytes;
  int status = 400;
};

void PrintTo(const Malformed& malformed, std::ostream* out) { *out << malformed.name; }

const std::string kNul(1, '\0');

std::string post(const std::string& headers, const std::string& body = {}) {
  return "POST /api/jobs HTTP/1.1\r\nHost: h\r\n" + headers + "\r\n" + body;
}

std::string get(const std::string& headers, const std::string& body = {}) {
  return "GET /livez HTTP/1.1\r\n" + headers + "\r\n" + body;
}

std::string line(const std::string& request_line) { return request_line + "\r\nHost: h\r\n\r\n"; }

// A form that begins well, so that the route reads on into `rest`.
std::string chunked(const std::string& rest) {
  const std::string form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", form.size());
  return "POST /api/jobs HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n"
         "Content-Type: multipart/form-data; boundary=b\r\n\r\n" +
         (size + form) + "\r\n" + rest;
}

// Content-Length and Transfer-Encoding.
std::vector<Malformed> lengths() {
  const std::string hello = "hello";
  const std::string end = "0\r\n\r\n";
  return {
      {"LengthThenChunked", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", end)},
      {"ChunkedThenLength", post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", end)},
      {"LengthZeroAndChunked", post("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n", end)},
      {"LengthTwiceEqual", post("Content-Length: 5\r\nContent-Length: 5\r\n", hello)},
      {"LengthTwiceDifferent", post("Content-Length: 5\r\nContent-Length: 0\r\n", hello)},
      {"LengthTwiceInOtherCase", post("Content-Length: 5\r\ncontent-LENGTH: 6\r\n", hello)},
      {"LengthList", post("Content-Length: 5, 5\r\n", hello)},
      {"LengthListDifferent", post("Content-Length: 0,5\r\n", hello)},
      {"LengthWithPlus", post("Content-Length: +5\r\n", hello)},
      {"LengthWithMinus", post("Content-Length: -5\r\n", hello)},
      {"LengthMinusZero", post("Content-Length: -0\r\n", hello)},
      {"LengthWithSpaceInside", post("Content-Length: 1 5\r\n", hello)},
      {"LengthWithTabInside", post("Content-Length: 1\t5\r\n", hello)},
      {"LengthHex", post("Content-Length: 0x5\r\n", hello)},
      {"LengthHexDigits", post("Content-Length: 5a\r\n", hello)},
      {"LengthFraction", post("Content-Length: 5.0\r\n", hello)},
      {"LengthExponent", post("Content-Length: 5e0\r\n", hello)},
      {"LengthQuoted", post("Content-Length: \"5\"\r\n", hello)},
      {"LengthEmpty", post("Content-Length: \r\n", hello)},
      {"LengthOver2To64", post("Content-Length: 18446744073709551621\r\n", hello)},
      {"Length2To64", post("Content-Length: 18446744073709551616\r\n", hello)},
      {"LengthOfManyDigits", post("Content-Length: " + std::string(400, '9') + "\r\n", hello)},
      {"LengthManyZerosBefore", post("Content-Length: " + std::string(30, '0') + "5\r\n", hello)},
      {"LengthSpaceBeforeColon", post("Content-Length : 5\r\n", hello)},
      {"LengthUnicodeDigits", post("Content-Length: \xef\xbc\x95\r\n", hello)},
      {"CodingUnknown", post("Transfer-Encoding: xchunked\r\n", end)},
      {"CodingIdentity", post("Transfer-Encoding: identity\r\n", hello)},
      {"CodingGzipChunked", post("Transfer-Encoding: gzip, chunked\r\n", end)},
      {"CodingChunkedIdentity", post("Transfer-Encoding: chunked, identity\r\n", end)},
      {"CodingChunkedSpaceX", post("Transfer-Encoding: chunked , x\r\n", end)},
      {"CodingChunkedTwice", post("Transfer-Encoding: chunked, chunked\r\n", end)},
      {"CodingTwoHeaders", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", end)},
      {"CodingTwoHeadersEqual", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", end)},
      {"CodingEmpty", post("Transfer-Encoding:\r\n", hello)},
      {"CodingQuoted", post("Transfer-Encoding: \"chunked\"\r\n", end)},
      {"CodingWithParameter", post("Transfer-Encoding: chunked;a=b\r\n", end)},
      {"CodingAfterComma", post("Transfer-Encoding: ,chunked\r\n", end)},
      {"CodingSpaceBeforeColon", post("Transfer-Encoding : chunked\r\n", end)},
      {"CodingTabBeforeColon", post("Transfer-Encoding\t: chunked\r\n", end)},
      {"CodingVerticalTab", post("Transfer-Encoding: \x0b"
                                 "chunked\r\n",
                                 end)},
      {"CodingOnNextLine", post("Transfer-Encoding:\r\n chunked\r\n", end)},
      {"CodingInHttpOneZero", "POST /api/jobs HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + end},
      {"GetWithLength", get("Host: h\r\nContent-Length: 5\r\n", hello)},
      {"GetWithChunks", get("Host: h\r\nTransfer-Encoding: chunked\r\n", end)},
      {"HeadWithLength", "HEAD /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"},
      {"DeleteWithLength", "DELETE /api/jobs/x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"},
      {"OptionsWithChunks", "OPTIONS / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
  };
}

std::vector<Malformed> chunks() {
  const std::string end = "0\r\n\r\n";
  return {
      {"ChunkSizeNegative", chunked("-2\r\nhello\r\n" + end)},
      {"ChunkSizeWithPlus", chunked("+5\r\nhello\r\n" + end)},
      {"ChunkSizeHexPrefix", chunked("0x5\r\nhello\r\n" + end)},
      {"ChunkSizeOverflow", chunked("10000000000000005\r\nhello\r\n" + end)},
      {"ChunkSizeLong", chunked("ffffffffffffffffff\r\n")},
      {"ChunkSizeEmpty", chunked("\r\nhello\r\n" + end)},
      {"ChunkSizeNoDigit", chunked("g\r\nhello\r\n" + end)},
      {"ChunkSizeSpaceBefore", chunked(" 5\r\nhello\r\n" + end)},
      {"ChunkSizeSpaceBehind", chunked("5 \r\nhello\r\n" + end)},
      {"ChunkSizeBareLf", chunked("5\nhello\r\n" + end)},
      {"ChunkSizeBareCr", chunked("5\rhello\r\n" + end)},
      {"ChunkDataWithoutEnd", chunked("5\r\nhelloworld\r\n" + end)},
      {"ChunkDataThenBareLf", chunked("5\r\nhello\n" + end)},
      {"ChunkDataTooShort", chunked("8\r\nhello\r\n" + end + "GET /x HTTP/1.1\r\n\r\n")},
      {"ChunkExtensionWithCr", chunked("5;a\rb\r\nhello\r\n" + end)},
      {"ChunkExtensionWithLf", chunked("5;a\nhello\r\n" + end)},
      {"ChunkExtensionWithNul", chunked("5;a" + kNul + "\r\nhello\r\n" + end)},
      {"ChunkExtensionEndless", chunked("5;" + std::string(2000, 'a') + "\r\nhello\r\n" + end)},
      {"ChunkTrailer", chunked("0\r\nX: trailer\r\n\r\n")},
      {"ChunkTrailerThatFrames", chunked("0\r\nContent-Length: 5\r\n\r\nhello")},
      {"ChunkLastBareLf", chunked("0\n\n")},
      {"ChunkSizeNul", chunked(kNul + "5\r\nhello\r\n" + end)},
  };
}

std::vector<Malformed> heads() {
  return {
      {"BareLfEverywhere", "GET /livez HTTP/1.1\nHost: h\n\n"},
      {"BareLfInHeaders", "GET /livez HTTP/1.1\r\nHost: h\nX: y\r\n\r\n"},
      {"BareLfAtTheEnd", "GET /livez HTTP/1.1\r\nHost: h\r\n\n"},
      {"BareCrInValue", get("Host: h\r\nX: a\rb\r\n")},
      {"BareCrInName", get("Host: h\r\nX\rY: a\r\n")},
      {"BareCrHidesHeader", get("Host: h\r\nX: a\rContent-Length: 5\r\n")},
      {"Folded", get("Host: h\r\nX: a\r\n b\r\n")},
      {"FoldedWithTab", get("Host: h\r\nX: a\r\n\tb\r\n")},
      {"FoldedFirst", get(" X: a\r\nHost: h\r\n")},
      {"NulInValue", get("Host: h\r\nX: a" + kNul + "b\r\n")},
      {"NulInName", get("Host: h\r\nX" + kNul + ": b\r\n")},
      {"NulInTarget", line("GET /li" + kNul + "vez HTTP/1.1")},
      {"ControlInValue", get("Host: h\r\nX: a\x01\r\n")},
      {"DeleteInValue", get("Host: h\r\nX: a\x7f\r\n")},
      {"NoColon", get("Host: h\r\nno colon\r\n")},
      {"NameEmpty", get("Host: h\r\n: a\r\n")},
      {"NameWithSpace", get("Host: h\r\nX Y: a\r\n")},
      {"NameWithBrackets", get("Host: h\r\nX(y): a\r\n")},
      {"NameNotAscii", get("Host: h\r\n\xc3\xa4: a\r\n")},
      {"HostMissing", get("")},
      {"HostTwice", get("Host: h\r\nHost: g\r\n")},
      {"HostTwiceEqual", get("Host: h\r\nhost: h\r\n")},
      {"HostEmpty", get("Host:\r\n")},
      {"HostWithUser", get("Host: user@h\r\n")},
      {"HostWithPath", get("Host: h/path\r\n")},
      {"HostWithSpace", get("Host: h g\r\n")},
      {"HostList", get("Host: h, g\r\n")},
      {"AbsoluteWithUser", line("GET http://user@h/livez HTTP/1.1")},
      {"AbsoluteWithoutHost", line("GET http:///livez HTTP/1.1")},
      {"AbsoluteOfAnotherScheme", line("GET ftp://h/livez HTTP/1.1")},
      {"TargetWithSpace", line("GET /li vez HTTP/1.1")},
      {"TargetWithTab", line("GET /li\tvez HTTP/1.1")},
      {"TargetWithFragment", line("GET /livez#a HTTP/1.1")},
      {"TargetNotAscii", line("GET /\xc3\xa4 HTTP/1.1")},
      {"TargetWithoutSlash", line("GET livez HTTP/1.1")},
      {"TargetStar", line("GET * HTTP/1.1")},
      {"TwoSpaces", line("GET  /livez HTTP/1.1")},
      {"SpaceBeforeMethod", line(" GET /livez HTTP/1.1")},
      {"SpaceBehindVersion", line("GET /livez HTTP/1.1 ")},
      {"TabsInsteadOfSpaces", line("GET\t/livez\tHTTP/1.1")},
      {"HttpZeroNine", "GET /livez\r\n\r\n"},
      {"VersionLowerCase", line("GET /livez http/1.1")},
      {"VersionOfThreeDigits", line("GET /livez HTTP/1.10")},
      {"VersionLeadingZero", line("GET /livez HTTP/01.1")},
      {"VersionAnother", line("GET /livez XTTP/1.1")},
      {"MethodNoToken", line("G@T /livez HTTP/1.1")},
      {"TlsHello", "\x16\x03\x01\x02\r\n\r\n"},
      // What has an answer of its own.
      {"VersionOneTwo", line("GET /livez HTTP/1.2"), 505},
      {"VersionZeroNine", line("GET /livez HTTP/0.9"), 505},
      {"VersionTwoPreface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"MethodLowerCase", line("get /livez HTTP/1.1"), 501},
      {"MethodUnknown", line("BREW /livez HTTP/1.1"), 501},
      {"CodedBody", post("Content-Length: 5\r\nContent-Encoding: gzip\r\n", "hello"), 415},
      {"CodedBodySaidTwice",
       post("Content-Length: 5\r\nContent-Encoding: identity\r\nContent-Encoding: br\r\n", "hello"), 415},
      {"CodedChunks", post("Transfer-Encoding: chunked\r\nContent-Encoding: deflate\r\n", "0\r\n\r\n"), 415},
      {"ExpectationUnknown", post("Content-Length: 5\r\nExpect: a-miracle\r\n", "hello"), 417},
  };
}

std::vector<Malformed> all_malformed() {
  std::vector<Malformed> all = lengths();
  for (const auto& more : {chunks(), heads()}) all.insert(all.end(), more.begin(), more.end());
  return all;
}

class FramingTest : public ServerTest, public testing::WithParamInterface<Malformed> {
 protected:
  void expect_one_answer(Client& client) {
    const Answer answer = client.read_answer();
    EXPECT_EQ(answer.status, GetParam().status) << answer.body;
    EXPECT_EQ(answer.header("connection"), "close");
    EXPECT_EQ(answer.header("content-type"), "application/problem+json");
    EXPECT_TRUE(client.closed()) << client.received();
  }
};

TEST_P(FramingTest, IsAnsweredOnceAndClosed) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.connected());
  client.send(GetParam().bytes + head("GET", "/livez"));
  expect_one_answer(client);
}

// A proxy's pieces are not ours: where a request is cut must not matter.
TEST_P(FramingTest, IsAnsweredOnceWhenItComesInPieces) {
  start();
  Client client(port_);
  ASSERT_TRUE(client.connected());
  const std::string all = GetParam().bytes + head("GET", "/livez");
  for (std::size_t at = 0; at < all.size() && client.send(all.substr(at, 7)); at += 7) {
  }
  expect_one_answer(client);
}

INSTANTIATE_TEST_SUITE_P(Cases, FramingTest, testing::ValuesIn(all_malformed()),
                         [](const auto& test) { return test.param.name; });

TEST(Framing, HasTheSixtyCases) {
  const auto all = all_malformed();
  EXPECT_GE(std::ranges::count(all, 400, &Malformed::status), 60);
}

}  // namespace
}  // namespace voxlate::http
