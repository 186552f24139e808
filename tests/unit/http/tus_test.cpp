// The tus protocol 1.0.0, sentence by sentence (tus.io/protocols/resumable-upload). Above 500 lines, since the protocol
// is one list of demands.

#include <gmock/gmock.h>

#include <fstream>

#include "base/hashing.h"
#include "base/ids.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using ::testing::HasSubstr;

const std::string kVersion = "Tus-Resumable: 1.0.0\r\n";
const std::string kBytes = "Content-Type: application/offset+octet-stream\r\n";

/// What an answer has to be: a status, headers with their values; a value of "*" means any, "-" none.
struct Case {
  std::string name;
  std::string method;
  std::string path;  ///< "{new}" is an upload of 10 bytes at 0, "{half}" one at 5, "{done}" a complete one
  std::string headers;
  std::string body;
  int status;
  std::vector<std::pair<std::string, std::string>> expected;
  std::string code;  ///< of the problem document
};

class TusTest : public ServerTest {
 protected:
  Answer create(const std::string& headers, const std::string& body = {}) const {
    return ask("POST", "/api/uploads", kVersion + headers, body);
  }
  std::string make(const std::string& headers = "Upload-Length: 10\r\n") const {
    const Answer answer = create(headers);
    EXPECT_EQ(answer.status, 201) << answer.body;
    return answer.header("location");
  }
  Answer patch(const std::string& path, std::uint64_t offset, const std::string& body,
               const std::string& more = {}) const {
    return ask("PATCH", path, kVersion + kBytes + "Upload-Offset: " + std::to_string(offset) + "\r\n" + more, body);
  }
  Answer head_of(const std::string& path) const { return ask("HEAD", path, kVersion); }
  std::string offset_of(const std::string& path) const { return head_of(path).header("upload-offset"); }
  std::string make_part(const std::string& content) const {
    const std::string path =
        make("Upload-Concat: partial\r\nUpload-Length: " + std::to_string(content.size()) + "\r\n");
    EXPECT_EQ(patch(path, 0, content, content.empty() ? "Content-Length: 0\r\n" : "").status, 204);
    return path;
  }
  static std::string id_of(const std::string& path) { return path.substr(path.rfind('/') + 1); }
  std::string content_of(const std::string& path) const {
    return read_file(data_.upload(id_of(path)), std::uint64_t{1} << 30);
  }

  void check(const Case& test) {
    SCOPED_TRACE(test.name);
    std::string path = test.path;
    if (path == "{new}" || path == "{half}" || path == "{done}") path = make();
    if (test.path == "{half}") patch(path, 0, "01234");
    if (test.path == "{done}") patch(path, 0, "0123456789");
    const Answer answer = ask(test.method, path, test.headers, test.body);
    EXPECT_EQ(answer.status, test.status) << answer.body;
    for (const auto& [name, value] : test.expected) {
      if (value == "*") {
        EXPECT_NE(answer.header(name), "") << name;
      } else {
        EXPECT_EQ(answer.header(name), value == "-" ? "" : value) << name;
      }
    }
    EXPECT_EQ(answer.header("tus-resumable"),
              test.method == "OPTIONS" || test.path.starts_with("/api/jobs") ? "" : "1.0.0");
    if (!test.code.empty() && test.method != "HEAD") expect_problem(answer, test.status, test.code);
    EXPECT_EQ(answer.header("cache-control"), "no-store");
  }
  void check(const std::vector<Case>& cases) {
    start();
    for (const Case& test : cases) check(test);
  }
};

TEST_F(TusTest, TellsWhatItCanDo) {
  options_.max_upload_bytes = 12345;
  check({{"options",
          "OPTIONS",
          "/api/uploads",
          "",
          "",
          204,
          {{"tus-version", "1.0.0"},
           {"tus-extension",
            "creation,creation-with-upload,creation-defer-length,expiration,checksum,termination,concatenation"},
           {"tus-max-size", "12345"},
           {"tus-checksum-algorithm", "sha1,sha256,crc32"},
           {"tus-resumable", "-"},
           {"allow", "POST, OPTIONS"}},
          ""},
         {"options of one",
          "OPTIONS",
          "/api/uploads/x",
          "",
          "",
          204,
          {{"tus-version", "1.0.0"}, {"allow", "HEAD, PATCH, DELETE, OPTIONS"}},
          ""},
         {"a version is ignored",
          "OPTIONS",
          "/api/uploads",
          "Tus-Resumable: 9.9.9\r\n",
          "",
          204,
          {{"tus-version", "1.0.0"}},
          ""},
         {"others stay as they were",
          "OPTIONS",
          "/api/jobs",
          "",
          "",
          204,
          {{"tus-version", "-"}, {"allow", "POST, GET, HEAD, OPTIONS"}},
          ""}});
}

TEST_F(TusTest, NeedsItsVersion) {
  std::vector<Case> cases;
  for (const std::string version : {"", "Tus-Resumable: 0.2.2\r\n", "Tus-Resumable: 1.0\r\n", "Tus-Resumable: \r\n"}) {
    for (const std::string method : {"POST", "HEAD", "PATCH", "DELETE"}) {
      cases.push_back({method + " " + version,
                       method,
                       method == "POST" ? "/api/uploads" : "{half}",
                       version + "Upload-Length: 5\r\nUpload-Offset: 5\r\n" + kBytes,
                       method == "PATCH" ? "56789" : "",
                       412,
                       {{"tus-version", "1.0.0"}, {"upload-offset", "-"}},
                       "unsupported_tus_version"});
    }
  }
  check(cases);
  for (const Upload& upload : uploads_.all()) EXPECT_EQ(upload.offset_bytes, 5U);
}

TEST_F(TusTest, CreatesUploads) {
  const std::string v = kVersion;
  check({{"length",
          "POST",
          "/api/uploads",
          v + "Upload-Length: 10\r\n",
          "",
          201,
          {{"location", "*"}, {"upload-expires", "Sat, 16 Jan 2027 08:00:00 GMT"}},
          ""},
         {"nothing", "POST", "/api/uploads", v + "Upload-Length: 0\r\n", "", 201, {{"location", "*"}}, ""},
         {"the most", "POST", "/api/uploads", v + "Upload-Length: 1073741824\r\n", "", 201, {{"location", "*"}}, ""},
         {"deferred", "POST", "/api/uploads", v + "Upload-Defer-Length: 1\r\n", "", 201, {{"location", "*"}}, ""},
         {"metadata", "POST", "/api/uploads", v + "Upload-Length: 1\r\nUpload-Metadata: a Yg==,c\r\n", "", 201, {}, ""},
         {"too long",
          "POST",
          "/api/uploads",
          v + "Upload-Length: 1073741825\r\n",
          "",
          413,
          {{"location", "-"}},
          "too_large"},
         {"no length", "POST", "/api/uploads", v, "", 400, {{"location", "-"}}, "malformed_request"},
         {"both",
          "POST",
          "/api/uploads",
          v + "Upload-Length: 1\r\nUpload-Defer-Length: 1\r\n",
          "",
          400,
          {},
          "malformed_request"},
         {"defer 0", "POST", "/api/uploads", v + "Upload-Defer-Length: 0\r\n", "", 400, {}, "malformed_request"},
         {"defer yes", "POST", "/api/uploads", v + "Upload-Defer-Length: yes\r\n", "", 400, {}, "malformed_request"}});
}

TEST_F(TusTest, RefusesNumbersThatAreNone) {
  std::vector<Case> cases;
  for (const std::string number : {"-1", "+1", "1 0", "0x10", "1e3", "1.0", "9223372036854775808", "",
                                   "99999999999999999999", "18446744073709551616", "١"}) {
    cases.push_back({"length " + number,
                     "POST",
                     "/api/uploads",
                     kVersion + "Upload-Length: " + number + "\r\n",
                     "",
                     400,
                     {{"location", "-"}},
                     "malformed_request"});
    cases.push_back({"offset " + number,
                     "PATCH",
                     "{half}",
                     kVersion + kBytes + "Upload-Offset: " + number + "\r\n",
                     "56789",
                     400,
                     {},
                     "malformed_request"});
  }
  check(cases);
  for (const Upload& upload : uploads_.all()) EXPECT_EQ(upload.offset_bytes, 5U);
}

TEST_F(TusTest, ChecksMetadata) {
  const auto meta = [](const std::string& text) {
    return kVersion + "Upload-Length: 1\r\nUpload-Metadata: " + text + "\r\n";
  };
  std::vector<Case> cases;
  for (const std::string good :
       {"filename dGFsay5tcDQ=", "a Yg==,b Yg==", "is_confidential", "a ", "a,b,c", "", "k AAAA"}) {
    cases.push_back({"good " + good, "POST", "/api/uploads", meta(good), "", 201, {}, ""});
  }
  for (const std::string bad : {"a Yg==,a Yg==", "a Yg=", "a ????", "a Yg== Yg==", ",", "a Yg==,",
                                ",a Yg==", "a Yh==", "\xc3\xa4 Yg==", "a Yg==, b Yg=="}) {
    cases.push_back({"bad " + bad, "POST", "/api/uploads", meta(bad), "", 400, {}, "malformed_request"});
  }
  cases.push_back({"long", "POST", "/api/uploads", meta("a " + std::string(4096, 'A')), "", 431, {}, "head_too_large"});
  check(cases);
}

TEST_F(TusTest, HeadTellsOffsetLengthAndMetadata) {
  check({{"new",
          "HEAD",
          "{new}",
          kVersion,
          "",
          200,
          {{"upload-offset", "0"},
           {"upload-length", "10"},
           {"upload-defer-length", "-"},
           {"upload-metadata", "-"},
           {"upload-expires", "*"},
           {"upload-concat", "-"}},
          ""},
         {"half", "HEAD", "{half}", kVersion, "", 200, {{"upload-offset", "5"}, {"upload-length", "10"}}, ""},
         {"done", "HEAD", "{done}", kVersion, "", 200, {{"upload-offset", "10"}, {"upload-length", "10"}}, ""},
         {"absent", "HEAD", "/api/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa", kVersion, "", 404, {{"upload-offset", "-"}}, ""},
         {"no id", "HEAD", "/api/uploads/..%2e", kVersion, "", 404, {{"upload-offset", "-"}}, ""},
         {"get", "GET", "{half}", kVersion, "", 405, {{"allow", "HEAD, PATCH, DELETE, OPTIONS"}}, "method_not_allowed"},
         {"put", "PUT", "{half}", kVersion, "", 405, {}, "method_not_allowed"},
         {"get all", "GET", "/api/uploads", kVersion, "", 405, {{"allow", "POST, OPTIONS"}}, "method_not_allowed"}});
  const std::string deferred = make("Upload-Defer-Length: 1\r\nUpload-Metadata: filename dGFsay5tcDQ=,x\r\n");
  const Answer answer = head_of(deferred);
  EXPECT_EQ(answer.header("upload-defer-length"), "1");
  EXPECT_EQ(answer.header("upload-length"), "");
  EXPECT_EQ(answer.header("upload-metadata"), "filename dGFsay5tcDQ=,x");
}

TEST_F(TusTest, PatchPutsBytesAtTheirPlace) {
  const std::string v = kVersion + kBytes;
  check({{"first",
          "PATCH",
          "{new}",
          v + "Upload-Offset: 0\r\n",
          "01234",
          204,
          {{"upload-offset", "5"}, {"upload-expires", "*"}},
          ""},
         {"all", "PATCH", "{new}", v + "Upload-Offset: 0\r\n", "0123456789", 204, {{"upload-offset", "10"}}, ""},
         {"rest", "PATCH", "{half}", v + "Upload-Offset: 5\r\n", "56789", 204, {{"upload-offset", "10"}}, ""},
         {"nothing",
          "PATCH",
          "{half}",
          v + "Upload-Offset: 5\r\nContent-Length: 0\r\n",
          "",
          204,
          {{"upload-offset", "5"}},
          ""},
         {"nothing, done",
          "PATCH",
          "{done}",
          v + "Upload-Offset: 10\r\nContent-Length: 0\r\n",
          "",
          204,
          {{"upload-offset", "10"}},
          ""},
         {"behind",
          "PATCH",
          "{half}",
          v + "Upload-Offset: 6\r\n",
          "6789",
          409,
          {{"upload-offset", "5"}},
          "mismatching_upload_offset"},
         {"before",
          "PATCH",
          "{half}",
          v + "Upload-Offset: 0\r\n",
          "01234",
          409,
          {{"upload-offset", "5"}},
          "mismatching_upload_offset"},
         {"far",
          "PATCH",
          "{half}",
          v + "Upload-Offset: 9223372036854775807\r\n",
          "x",
          409,
          {{"upload-offset", "5"}},
          "mismatching_upload_offset"},
         {"too much", "PATCH", "{half}", v + "Upload-Offset: 5\r\n", "567890", 413, {}, "too_large"},
         {"done, more", "PATCH", "{done}", v + "Upload-Offset: 10\r\n", "x", 413, {}, "too_large"},
         {"no offset", "PATCH", "{half}", v, "56789", 400, {}, "malformed_request"},
         {"type",
          "PATCH",
          "{half}",
          kVersion + "Upload-Offset: 5\r\nContent-Type: text/plain\r\n",
          "56789",
          415,
          {},
          "unsupported_content"},
         {"no type", "PATCH", "{half}", kVersion + "Upload-Offset: 5\r\n", "56789", 415, {}, "unsupported_content"},
         {"absent",
          "PATCH",
          "/api/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa",
          v + "Upload-Offset: 0\r\n",
          "x",
          404,
          {{"upload-offset", "-"}},
          "not_found"}});
  for (const Upload& upload : uploads_.all()) {
    const std::string content = read_file(data_.upload(upload.id), 100);
    EXPECT_EQ(content, std::string("0123456789").substr(0, upload.offset_bytes));
  }
}

TEST_F(TusTest, TakesTheMethodFromAHeader) {
  const std::string v = kVersion + kBytes;
  check({{"patch",
          "POST",
          "{half}",
          v + "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 5\r\n",
          "56789",
          204,
          {{"upload-offset", "10"}},
          ""},
         {"head",
          "POST",
          "{half}",
          kVersion + "X-HTTP-Method-Override: HEAD\r\nContent-Length: 0\r\n",
          "",
          200,
          {{"upload-offset", "5"}},
          ""},
         {"delete",
          "POST",
          "{half}",
          kVersion + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n",
          "",
          204,
          {},
          ""},
         {"none", "POST", "{half}", kVersion + "Content-Length: 0\r\n", "", 405, {}, "method_not_allowed"},
         {"unknown",
          "POST",
          "{half}",
          kVersion + "X-HTTP-Method-Override: BREW\r\nContent-Length: 0\r\n",
          "",
          405,
          {},
          "method_not_allowed"},
         {"elsewhere",
          "POST",
          "/api/jobs/aaaaaaaaaaaaaaaaaaaaaaaaaa",
          kVersion + "X-HTTP-Method-Override: DELETE\r\nContent-Length: 0\r\n",
          "",
          405,
          {},
          ""}});
}

TEST_F(TusTest, CreationTakesTheFirstBytes) {
  const std::string v = kVersion + kBytes;
  check(
      {{"some",
        "POST",
        "/api/uploads",
        v + "Upload-Length: 10\r\n",
        "01234",
        201,
        {{"location", "*"}, {"upload-offset", "5"}},
        ""},
       {"all", "POST", "/api/uploads", v + "Upload-Length: 5\r\n", "01234", 201, {{"upload-offset", "5"}}, ""},
       {"deferred",
        "POST",
        "/api/uploads",
        v + "Upload-Defer-Length: 1\r\n",
        "01234",
        201,
        {{"upload-offset", "5"}},
        ""},
       {"too much", "POST", "/api/uploads", v + "Upload-Length: 4\r\n", "01234", 413, {{"location", "-"}}, "too_large"},
       {"type",
        "POST",
        "/api/uploads",
        kVersion + "Upload-Length: 5\r\n",
        "01234",
        415,
        {{"location", "-"}},
        "unsupported_content"},
       {"checksum",
        "POST",
        "/api/uploads",
        v + "Upload-Length: 5\r\nUpload-Checksum: crc32 AAAAAA==\r\n",
        "01234",
        460,
        {{"location", "-"}},
        "checksum_mismatch"}});
  EXPECT_EQ(uploads_.all().size(), 3U);
  EXPECT_EQ(unfinished_uploads(), 3U);
}

TEST_F(TusTest, ADeferredLengthIsSaidOnce) {
  start();
  const std::string path = make("Upload-Defer-Length: 1\r\n");
  EXPECT_EQ(patch(path, 0, "01234").status, 204);
  EXPECT_EQ(head_of(path).header("upload-defer-length"), "1");
  expect_problem(patch(path, 5, "5", "Upload-Length: 4\r\n"), 400, "malformed_request");
  expect_problem(patch(path, 5, "5", "Upload-Length: x\r\n"), 400, "malformed_request");
  expect_problem(patch(path, 5, "5", "Upload-Length: 99999999999\r\n"), 413, "too_large");
  EXPECT_EQ(patch(path, 5, "56", "Upload-Length: 10\r\n").status, 204);
  EXPECT_EQ(head_of(path).header("upload-length"), "10");
  EXPECT_EQ(head_of(path).header("upload-defer-length"), "");
  expect_problem(patch(path, 7, "789", "Upload-Length: 11\r\n"), 400, "malformed_request");
  EXPECT_EQ(patch(path, 7, "789", "Upload-Length: 10\r\n").status, 204);
  EXPECT_EQ(content_of(path), "0123456789");
}

TEST_F(TusTest, AnUnknownLengthHasALimitToo) {
  options_.max_upload_bytes = 8;
  start();
  const std::string path = make("Upload-Defer-Length: 1\r\n");
  EXPECT_EQ(patch(path, 0, "01234567").status, 204);
  expect_problem(patch(path, 8, "8"), 413, "too_large");
  Client client(port_);
  const std::string other = make("Upload-Defer-Length: 1\r\n");
  client.send(head("PATCH", other, kVersion + kBytes + "Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\n"));
  client.send("9\r\n012345678\r\n0\r\n\r\n");
  expect_problem(client.read_answer(), 413, "too_large");
  EXPECT_EQ(offset_of(other), "0");
}

TEST_F(TusTest, ChunkedBodiesAreTaken) {
  start();
  const std::string path = make();
  Client client(port_);
  client.send(head("PATCH", path, kVersion + kBytes + "Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\n"));
  client.send("3\r\n012\r\n7\r\n3456789\r\n0\r\n\r\n");
  EXPECT_EQ(client.read_answer().header("upload-offset"), "10");
  EXPECT_EQ(content_of(path), "0123456789");
  const std::string longer = make();
  Client second(port_);
  second.send(head("PATCH", longer, kVersion + kBytes + "Upload-Offset: 0\r\nTransfer-Encoding: chunked\r\n"));
  second.send("b\r\n0123456789x\r\n0\r\n\r\n");
  expect_problem(second.read_answer(), 413, "too_large");
  EXPECT_EQ(offset_of(longer), "0");
}

TEST_F(TusTest, ChecksumsAreCompared) {
  const std::string v = kVersion + kBytes + "Upload-Offset: 5\r\nUpload-Checksum: ";
  check({{"sha1",
          "PATCH",
          "{half}",
          v + "sha1 0EeI3ogWEFv4Bj8JGVtEwgDq2uM=\r\n",
          "56789",
          460,
          {{"upload-offset", "5"}},
          "checksum_mismatch"},
         {"crc32",
          "PATCH",
          "{half}",
          v + "crc32 y/U6EQ==\r\n",
          "56789",
          460,
          {{"upload-offset", "5"}},
          "checksum_mismatch"},
         {"md5", "PATCH", "{half}", v + "md5 AAAAAAAAAAAAAAAAAAAAAA==\r\n", "56789", 400, {}, "malformed_request"},
         {"short", "PATCH", "{half}", v + "sha1 AAAA\r\n", "56789", 400, {}, "malformed_request"},
         {"no base64", "PATCH", "{half}", v + "sha1 ?\r\n", "56789", 400, {}, "malformed_request"},
         {"no digest", "PATCH", "{half}", v + "sha1\r\n", "56789", 400, {}, "malformed_request"},
         {"empty", "PATCH", "{half}", v + "\r\n", "56789", 400, {}, "malformed_request"}});
  for (const Upload& upload : uploads_.all()) EXPECT_EQ(read_file(data_.upload(upload.id), 100), "01234");
}

// Digests of "0123456789" as sha1sum, sha256sum and gzip give them.
TEST_F(TusTest, MatchingChecksumsAreTaken) {
  start();
  for (const std::string checksum :
       {"sha1 h6zsF82dzSCnFsws9nQXtxyKcBY=", "sha256 hNiYd/DUBB77a/kaFvAkjy/Vc+avBcGflr7bn4gveII=", "crc32 poTHxg=="}) {
    SCOPED_TRACE(checksum);
    const std::string path = make();
    const Answer answer = patch(path, 0, "0123456789", "Upload-Checksum: " + checksum + "\r\n");
    EXPECT_EQ(answer.status, 204) << answer.body;
    EXPECT_EQ(content_of(path), "0123456789");
  }
}

TEST_F(TusTest, TerminationRemovesEverything) {
  start();
  const std::string path = make();
  ASSERT_EQ(patch(path, 0, "01234").status, 204);
  const Answer answer = ask("DELETE", path, kVersion);
  EXPECT_EQ(answer.status, 204);
  EXPECT_EQ(answer.body, "");
  EXPECT_EQ(head_of(path).status, 404);
  EXPECT_EQ(head_of(path).header("upload-offset"), "");
  expect_problem(patch(path, 5, "56789"), 404, "not_found");
  expect_problem(ask("DELETE", path, kVersion), 404, "not_found");
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_GT(upload_changes_, 0);
}

TEST_F(TusTest, JoinsPartsInTheOrderGiven) {
  start();
  const std::string a = make_part("one ");
  const std::string b = make_part("two ");
  const std::string c = make_part("");
  EXPECT_EQ(head_of(a).header("upload-concat"), "partial");
  const Answer answer = create("Upload-Concat: final;" + b + " http://127.0.0.1:5000" + a + " " + c +
                               "\r\nUpload-Metadata: filename dGFsay5tcDQ=\r\n");
  ASSERT_EQ(answer.status, 201) << answer.body;
  const std::string joined = answer.header("location");
  EXPECT_EQ(content_of(joined), "two one ");
  const Answer head = head_of(joined);
  EXPECT_EQ(head.header("upload-concat"), "final;" + b + " " + a + " " + c);
  EXPECT_EQ(head.header("upload-length"), "8");
  EXPECT_EQ(head.header("upload-offset"), "8");
  EXPECT_EQ(head.header("upload-metadata"), "filename dGFsay5tcDQ=");
  expect_problem(patch(joined, 8, "x"), 403, "not_allowed");
  EXPECT_EQ(head_of(a).status, 404);
  EXPECT_EQ(unfinished_uploads(), 1U);
  EXPECT_EQ(content_of(joined), "two one ");
}

TEST_F(TusTest, JoinsOnlyCompletePartsOfItsOwn) {
  start();
  const std::string whole = make();
  const std::string open = make("Upload-Concat: partial\r\nUpload-Length: 10\r\n");
  const std::string part = make_part("part");
  const auto refused = [&](const std::string& concat, int status, const std::string& code, const std::string& more = {},
                           const std::string& body = {}) {
    SCOPED_TRACE(concat);
    expect_problem(create("Upload-Concat: " + concat + "\r\n" + more, body), status, code);
  };
  refused("final;" + part + " " + whole, 409, "upload_conflict");
  refused("final;" + part + " " + open, 409, "upload_conflict");
  refused("final;" + part + " /api/uploads/aaaaaaaaaaaaaaaaaaaaaaaaaa", 404, "not_found");
  refused("final;" + part + " " + part, 400, "malformed_request");
  refused("final;" + part + " /etc/passwd", 400, "malformed_request");
  refused("final;" + part + " /api/uploads/../../x", 400, "malformed_request");
  refused("final;", 400, "malformed_request");
  refused("final", 400, "malformed_request");
  refused("both", 400, "malformed_request");
  refused("final;" + part, 400, "malformed_request", "Upload-Length: 4\r\n");
  refused("final;" + part, 400, "malformed_request", kBytes, "body");
  EXPECT_EQ(content_of(part), "part");
  EXPECT_EQ(offset_of(part), "4");
}

TEST_F(TusTest, JoinedPartsKeepTheLimit) {
  options_.max_upload_bytes = 10;
  start();
  const std::string a = make_part("012345");
  const std::string b = make_part("012345");
  expect_problem(create("Upload-Concat: final;" + a + " " + b + "\r\n"), 413, "too_large");
  EXPECT_EQ(offset_of(a), "6");
}

TEST_F(TusTest, LimitsTheUploadsOfAUser) {
  options_.max_uploads_of_user = 2;
  start();
  const std::string path = make();
  make();
  const Answer answer = create("Upload-Length: 1\r\n");
  expect_problem(answer, 429, "too_many_uploads");
  EXPECT_NE(answer.header("retry-after"), "");
  EXPECT_EQ(unfinished_uploads(), 2U);
  EXPECT_EQ(ask("DELETE", path, kVersion).status, 204);
  EXPECT_EQ(create("Upload-Length: 1\r\n").status, 201);
}

TEST_F(TusTest, PromisesNoMoreRoomThanThereIs) {
  constexpr std::uint64_t kRoom = 64 << 20;
  options_.min_free_disk_bytes = data_.space().free_bytes - kRoom;
  start();
  expect_problem(create("Upload-Length: 1000000000\r\n"), 507, "storage_full");
  make("Upload-Length: 40000000\r\n");
  expect_problem(create("Upload-Length: 60000000\r\n"), 507, "storage_full");
  EXPECT_EQ(uploads_.all().size(), 1U);
  EXPECT_EQ(unfinished_uploads(), 1U);
}

TEST_F(TusTest, KeepsWhatCameBeforeTheLineBroke) {
  start();
  const std::string path = make("Upload-Length: 1000000\r\n");
  const std::string bytes(300'000, 'x');
  {
    Client client(port_);
    client.send(head("PATCH", path, kVersion + kBytes + "Upload-Offset: 0\r\nContent-Length: 1000000\r\n"));
    client.send(bytes);
  }
  // HEAD waits for the end of the broken request.
  std::string offset;
  for (int i = 0; i < 1000 && offset != "300000"; ++i) offset = offset_of(path);
  EXPECT_EQ(offset, "300000");
  EXPECT_EQ(content_of(path), bytes);
}

TEST_F(TusTest, UnderAChecksumAPartCountsAsNothing) {
  start();
  const std::string path = make();
  {
    Client client(port_);
    client.send(
        head("PATCH", path,
             kVersion + kBytes + "Upload-Offset: 0\r\nContent-Length: 10\r\nUpload-Checksum: crc32 AAAAAA==\r\n"));
    client.send("01234");
  }
  EXPECT_EQ(offset_of(path), "0");
  EXPECT_EQ(patch(path, 0, "0123456789").status, 204);
  EXPECT_EQ(content_of(path), "0123456789");
}

TEST_F(TusTest, ANewerRequestEndsADeadOne) {
  start();
  for (const std::string method : {"HEAD", "PATCH", "DELETE"}) {
    SCOPED_TRACE(method);
    const std::string path = make();
    Client dead(port_);
    dead.send(
        head("PATCH", path, kVersion + kBytes + "Upload-Offset: 0\r\nContent-Length: 10\r\nExpect: 100-continue\r\n"));
    ASSERT_TRUE(dead.wait_for("100 Continue\r\n\r\n"));
    dead.clear();
    const auto begin = std::chrono::steady_clock::now();
    const Answer answer = method == "PATCH" ? patch(path, 0, "01234") : ask(method, path, kVersion);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
    EXPECT_EQ(answer.status, method == "HEAD" ? 200 : 204) << answer.body;
    expect_problem(dead.read_answer(), 423, "upload_taken_over");
    EXPECT_TRUE(dead.closed());
  }
}

TEST_F(TusTest, TwoRequestsAtOnceNeverMix) {
  start();
  const std::string path = make("Upload-Length: 3000000\r\n");
  const std::string a(3'000'000, 'a');
  const std::string b(3'000'000, 'b');
  {
    const auto send = [&](const std::string& bytes) {
      std::string offset = "0";
      for (int i = 0; i < 200 && offset != "3000000" && !offset.empty(); ++i) {
        const std::size_t from = std::stoul(offset);
        patch(path, from, bytes.substr(from));
        offset = offset_of(path);
      }
    };
    const std::jthread first(send, std::cref(a));
    const std::jthread second(send, std::cref(b));
  }
  EXPECT_EQ(offset_of(path), "3000000");
  const std::string content = content_of(path);
  ASSERT_EQ(content.size(), a.size());
  EXPECT_EQ(content.find_first_not_of("ab"), std::string::npos);
}

TEST_F(TusTest, AShutdownEndsAnUploadAndKeepsItsBytes) {
  start();
  const std::string path = make();
  Client client(port_);
  client.send(
      head("PATCH", path, kVersion + kBytes + "Upload-Offset: 0\r\nContent-Length: 10\r\nExpect: 100-continue\r\n"));
  ASSERT_TRUE(client.wait_for("100 Continue\r\n\r\n"));
  client.clear();
  client.send("01234");
  const auto begin = std::chrono::steady_clock::now();
  stop();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(client.read_answer().status, 503);
  const auto upload = uploads_.get(id_of(path));
  ASSERT_TRUE(upload);
  EXPECT_EQ(content_of(path), std::string("01234").substr(0, upload->offset_bytes));
}

TEST_F(TusTest, TooSlowABodyIsEnded) {
  options_.body_rate_window = std::chrono::milliseconds(200);
  start();
  const std::string path = make();
  Client client(port_);
  client.send(head("PATCH", path, kVersion + kBytes + "Upload-Offset: 0\r\nContent-Length: 10\r\n") + "01234");
  const Answer answer = client.read_answer();
  expect_problem(answer, 408, "request_timeout");
  EXPECT_EQ(answer.header("upload-offset"), "5");
  EXPECT_EQ(offset_of(path), "5");
}

TEST_F(TusTest, AnExpiredUploadIsGone) {
  start();
  const std::string path = make();
  ASSERT_TRUE(uploads_.advance(id_of(path), 0, 0, clock_.now() - std::chrono::seconds(1)));
  const Answer head = head_of(path);
  EXPECT_EQ(head.status, 410);
  EXPECT_EQ(head.header("upload-offset"), "");
  expect_problem(patch(path, 0, "x"), 410, "upload_expired");
}

TEST_F(TusTest, AFileLongerThanItsRecordIsCutOff) {
  start();
  const std::string path = make();
  ASSERT_EQ(patch(path, 0, "01234").status, 204);
  std::ofstream(data_.upload(id_of(path)), std::ios::app) << "not acknowledged";
  EXPECT_EQ(patch(path, 5, "56789").status, 204);
  EXPECT_EQ(content_of(path), "0123456789");
}

// See Note [Failed syncs].
TEST_F(TusTest, AFailedSyncEndsItAll) {
  start();
  const std::string path = make();
  ASSERT_EQ(patch(path, 0, "01234").status, 204);
  EXPECT_EQ(get("/readyz").status, 200);
  syncs_fail_ = true;
  EXPECT_EQ(patch(path, 5, "56").status, 500);
  syncs_fail_ = false;  // as the kernel has it: the next sync succeeds, and the bytes are gone
  expect_problem(patch(path, 5, "56"), 503, "unavailable");
  EXPECT_EQ(offset_of(path), "5");
  EXPECT_EQ(content_of(path), "01234");
  expect_problem(get("/readyz"), 503, "unavailable");
  EXPECT_EQ(get("/health").status, 503);
  EXPECT_EQ(get("/livez").status, 200);
  expect_problem(create("Upload-Length: 10\r\n"), 503, "unavailable");
  expect_problem(post(Form().file("a.wav", "x")), 503, "unavailable");
}

TEST_F(TusTest, AFailedSyncOfAFormIsNoJob) {
  start();
  syncs_fail_ = true;
  expect_problem(post(Form().file("a.wav", "x")), 500, "internal");
  EXPECT_TRUE(store_.ids().empty());
  EXPECT_EQ(unfinished_uploads(), 0U);
  expect_problem(get("/readyz"), 503, "unavailable");
}

}  // namespace
}  // namespace voxlate::http
