#include "remote/file_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "remote/address_rules.h"
#include "remote/part_file.h"
#include "tests/unit/scripted_server.h"

namespace voxlate::remote {
namespace {

using testing::HasSubstr;

// What models ask for, a file of known size and checksum, is tested in models/download_test.cpp.
class FileTransfer : public testing::Test {
 protected:
  FetchedFile fetch(const std::string& url) {
    return fetch_file({.url = url, .target = target_, .max_bytes = 1'000'000}, options_,
                      [this](std::uint64_t done, std::uint64_t total) { progress_.emplace_back(done, total); }, {});
  }

  /// The failure of a download; kInternal with "no error" when there is none.
  Error failure(const std::string& url) {
    try {
      fetch(url);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  const std::string content_ = std::string(300'000, 'x') + std::string(100'000, 'y');
  TemporaryFolder folder_;
  const std::filesystem::path target_ = folder_ / "source";
  FetchOptions options_{};
  std::vector<std::pair<std::uint64_t, std::uint64_t>> progress_;
};

TEST_F(FileTransfer, TakesAFileOfUnknownSize) {
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send("HTTP/1.0 200 OK\r\nContent-Disposition: attachment; filename=\"a.mp4\"\r\n\r\n" + content_);
  });
  const FetchedFile fetched = fetch(server.url("v"));
  EXPECT_EQ(read_file(target_, 1 << 20), content_);
  EXPECT_EQ(fetched.size_bytes, content_.size());
  EXPECT_EQ(fetched.sha256, sha256_hex(content_));
  EXPECT_EQ(fetched.disposition, "attachment; filename=\"a.mp4\"");
  EXPECT_EQ(fetched.url, server.url("v"));
  EXPECT_EQ(progress_.back(), std::pair(std::uint64_t{content_.size()}, std::uint64_t{0}));
}

TEST_F(FileTransfer, MoreThanIsAllowedIsNotTaken) {
  const std::string large(1'100'000, 'x');
  ScriptedServer told(
      [&](const auto&, const auto& connection) { connection.send(answer_head("200 OK", large.size()) + large); });
  EXPECT_EQ(failure(told.url()).code(), ErrorCode::kTooLarge);
  EXPECT_TRUE(progress_.empty()) << "the head says it";
  ScriptedServer untold(
      [&](const auto&, const auto& connection) { connection.send("HTTP/1.0 200 OK\r\n\r\n" + large); });
  EXPECT_EQ(failure(untold.url()).code(), ErrorCode::kTooLarge);
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_FALSE(std::filesystem::exists(part_path(target_)));
}

TEST_F(FileTransfer, GoesOnWhereAnEarlierProcessStopped) {
  std::ofstream(part_path(target_)) << content_.substr(0, 200'000);
  std::ofstream(etag_path(target_)) << "\"v1\"";
  ScriptedServer server([&](const ScriptedRequest& request, const auto& connection) {
    EXPECT_EQ(request.field("Range"), "bytes=200000-");
    EXPECT_EQ(request.field("If-Range"), "\"v1\"");
    connection.send(
        "HTTP/1.1 206 Partial Content\r\nETag: \"v1\"\r\nContent-Range: bytes 200000-399999/400000\r\n"
        "Content-Length: 200000\r\n\r\n" +
        content_.substr(200'000));
  });
  EXPECT_EQ(fetch(server.url()).sha256, sha256_hex(content_));
  EXPECT_EQ(progress_.back().second, content_.size());
}

TEST_F(FileTransfer, AWholePartNeedsNoByteMore) {
  std::ofstream(part_path(target_)) << content_;
  std::ofstream(etag_path(target_)) << "\"v1\"";
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */400000\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(fetch(server.url()).sha256, sha256_hex(content_));
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(FileTransfer, ATrickleIsTooSlow) {
  options_.min_bytes_per_second = 1 << 20;
  options_.rate_window = std::chrono::milliseconds(1);
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send(answer_head("200 OK", content_.size()));
    for (int i = 0; i < 100'000; ++i) connection.send("x");
    connection.hold();
  });
  const Error error = failure(server.url());
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_THAT(error.what(), HasSubstr("too slowly"));
}

TEST_F(FileTransfer, TheWholeHasATimeLimit) {
  options_.timeout = std::chrono::milliseconds(100);
  ScriptedServer server([&](const auto&, const auto& connection) {
    connection.send(answer_head("200 OK", content_.size()) + "x");
    connection.hold();
  });
  EXPECT_EQ(failure(server.url()).code(), ErrorCode::kTimeout);
}

TEST_F(FileTransfer, EachRedirectObeysTheRules) {
  const AddressRules rules({.allowed = {"127.0.0.1"}});
  options_.exchange.rules = &rules;
  ScriptedServer inside([&](const auto&, const auto& connection) { connection.send(answer_head("200 OK", 1) + "x"); });
  for (const char* const target :
       {"http://127.0.0.2:9/", "http://[::ffff:127.0.0.1]:9/", "file:///etc/passwd", "http://0/"}) {
    ScriptedServer server([&](const auto&, const auto& connection) {
      connection.send("HTTP/1.1 302 Found\r\nLocation: " + std::string(target) + "\r\nContent-Length: 0\r\n\r\n");
    });
    const Error error = failure(server.url());
    EXPECT_THAT(error.code(), testing::AnyOf(ErrorCode::kInvalidInput, ErrorCode::kUnavailable)) << target;
    EXPECT_EQ(server.requests().size(), 1U);
  }
  ScriptedServer good([&](const auto&, const auto& connection) {
    connection.send("HTTP/1.1 302 Found\r\nLocation: " + inside.url("talk.mp4") + "\r\nContent-Length: 0\r\n\r\n");
  });
  EXPECT_EQ(fetch(good.url()).url, inside.url("talk.mp4"));
}

}  // namespace
}  // namespace voxlate::remote
