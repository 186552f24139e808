#include "models/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>

#include <fcntl.h>

#include <fstream>
#include <random>

#include "base/file.h"
#include "base/hashing.h"
#include "base/temporary_folder.h"
#include "remote/part_file.h"
#include "tests/unit/models/file_server.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using ::testing::HasSubstr;

std::string random_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::string bytes(count, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Download : public ::testing::Test {
 protected:
  DownloadRequest request(const FileServer& server) const {
    return {.url = server.url("ggml-tiny.bin"),
            .target = target_,
            .size_bytes = content_.size(),
            .sha256 = sha256_hex(content_)};
  }

  void fetch(const FileServer& server) {
    download(
        request(server), options_, [this](std::uint64_t done) { progress_.push_back(done); }, stop_.get_token());
  }

  /// The failure of a download; kInternal with "no error" when there is none.
  Error failure(const FileServer& server) {
    try {
      fetch(server);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  std::string target_content() const { return read_file(target_, 1 << 30); }
  bool part_exists() const { return std::filesystem::exists(remote::part_path(target_)); }

  void write_part(std::string_view bytes, const std::string& etag) const {
    std::ofstream(remote::part_path(target_), std::ios::binary) << bytes;
    if (!etag.empty()) std::ofstream(remote::etag_path(target_)) << etag;
  }

  const std::string content_ = random_bytes(3'000'000, 1);
  TemporaryFolder folder_;
  const std::filesystem::path target_ = folder_ / "ggml-tiny.bin";
  DownloadOptions options_{.keep_free_bytes = 0};
  std::stop_source stop_;
  std::vector<std::uint64_t> progress_;
};

TEST_F(Download, BringsTheWholeFile) {
  FileServer server(
      [&](const auto& request, const auto& connection) { send_file(request, connection, content_, "\"v1\""); });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_FALSE(part_exists());
  EXPECT_FALSE(std::filesystem::exists(remote::etag_path(target_)));
  ASSERT_FALSE(progress_.empty());
  EXPECT_TRUE(std::is_sorted(progress_.begin(), progress_.end()));
  EXPECT_EQ(progress_.back(), content_.size());
}

TEST_F(Download, GoesOnWhereTheConnectionBroke) {
  FileServer server([&](const auto& request, const auto& connection) {
    send_file(request, connection, content_, "\"v1\"", request.range.empty() ? 1'000'000 : std::string::npos);
  });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  const auto requests = server.requests();
  ASSERT_EQ(requests.size(), 2U);
  EXPECT_EQ(requests[1].range, "bytes=1000000-");
  EXPECT_EQ(requests[1].if_range, "\"v1\"");
}

TEST_F(Download, GivesUpAfterItsAttemptsAndKeepsWhatCame) {
  options_.attempts = 1;
  FileServer server([&](const auto& request, const auto& connection) {
    send_file(request, connection, content_, "\"v1\"", request.range.empty() ? 1'000'000 : std::string::npos);
  });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("127.0.0.1"));
  EXPECT_EQ(std::filesystem::file_size(remote::part_path(target_)), 1'000'000U);
  EXPECT_FALSE(std::filesystem::exists(target_));
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_EQ(server.requests().back().range, "bytes=1000000-");
}

TEST_F(Download, AnAttemptThatBringsNothingIsTheLast) {
  FileServer server([](const auto&, const auto&) {});
  EXPECT_EQ(failure(server).code(), ErrorCode::kUnavailable);
  EXPECT_EQ(server.requests().size(), 1U);
}

TEST_F(Download, StartsOverWhereTheServerHasNoRanges) {
  write_part(content_.substr(0, 500'000), "");
  FileServer server([&](const auto&, const auto& connection) { send_file({}, connection, content_, ""); });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_EQ(server.requests().front().range, "bytes=500000-");
  EXPECT_EQ(progress_.back(), content_.size());
}

TEST_F(Download, StartsOverWhenTheFileChangedOnTheServer) {
  write_part(random_bytes(500'000, 2), "\"old\"");
  FileServer server(
      [&](const auto& request, const auto& connection) { send_file(request, connection, content_, "\"new\""); });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
}

TEST_F(Download, StartsOverWhenAServerIgnoresIfRange) {
  write_part(random_bytes(500'000, 2), "\"old\"");
  FileServer server([&](FileRequest request, const auto& connection) {
    request.if_range.clear();
    send_file(request, connection, content_, "\"new\"");
  });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST_F(Download, StartsOverWhenTheRangeIsRefused) {
  write_part(random_bytes(500'000, 2), "");
  FileServer server([&](const auto& request, const auto& connection) {
    if (!request.range.empty()) return connection.send(answer_head("416 Range Not Satisfiable", 0));
    send_file(request, connection, content_, "\"new\"");
  });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
}

TEST_F(Download, AFinishedPartNeedsNoServer) {
  write_part(content_, "\"v1\"");
  FileServer server([](const auto&, const auto&) {});
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, RefusesAWrongChecksumAndDropsThePart) {
  const std::string other = random_bytes(content_.size(), 2);
  FileServer server([&](const auto& request, const auto& connection) { send_file(request, connection, other, ""); });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr(sha256_hex(content_)));
  EXPECT_THAT(error.what(), HasSubstr(sha256_hex(other)));
  EXPECT_FALSE(std::filesystem::exists(target_));
  EXPECT_FALSE(part_exists());
}

TEST_F(Download, ARottenPartIsFoundByTheChecksum) {
  write_part(random_bytes(500'000, 2), "\"v1\"");
  FileServer server(
      [&](const auto& request, const auto& connection) { send_file(request, connection, content_, "\"v1\""); });
  EXPECT_EQ(failure(server).code(), ErrorCode::kCorrupt);
  fetch(server);
  EXPECT_EQ(target_content(), content_);
}

TEST_F(Download, RefusesAnotherSizeBeforeTheBody) {
  FileServer server(
      [&](const auto& request, const auto& connection) { send_file(request, connection, content_ + "x", ""); });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
  EXPECT_THAT(error.what(), HasSubstr("expected a file of 3000000 bytes"));
  EXPECT_THAT(error.what(), HasSubstr("offers 3000001"));
  EXPECT_TRUE(progress_.empty());
}

TEST_F(Download, RefusesABodyThatDoesNotEnd) {
  FileServer server([&](const auto&, const auto& connection) {
    connection.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n");
    connection.send(content_ + content_);
  });
  EXPECT_EQ(failure(server).code(), ErrorCode::kCorrupt);
  EXPECT_FALSE(part_exists());
  EXPECT_LE(progress_.empty() ? 0 : progress_.back(), content_.size());
}

TEST_F(Download, NamesAnAbsentFile) {
  FileServer server(
      [](const auto&, const auto& connection) { connection.send(answer_head("404 Not Found", 9) + "not found"); });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  EXPECT_THAT(error.what(), HasSubstr("404"));
  EXPECT_FALSE(part_exists()) << "an empty part is of no use";
}

TEST_F(Download, SaysWhenTheServerIsBroken) {
  FileServer server(
      [](const auto&, const auto& connection) { connection.send(answer_head("503 Service Unavailable", 0)); });
  EXPECT_EQ(failure(server).code(), ErrorCode::kUnavailable);
}

TEST_F(Download, FollowsRedirectsOnThisMachine) {
  FileServer server([&](const auto& request, const auto& connection) {
    if (request.target == "/ggml-tiny.bin") {
      return connection.send(answer_head("302 Found", 0, "Location: /elsewhere\r\n"));
    }
    send_file(request, connection, content_, "\"v1\"");
  });
  fetch(server);
  EXPECT_EQ(target_content(), content_);
  EXPECT_EQ(server.requests().back().target, "/elsewhere");
}

TEST_F(Download, RefusesARedirectWithoutEncryption) {
  FileServer server([](const auto&, const auto& connection) {
    connection.send(answer_head("302 Found", 0, "Location: http://models.invalid/ggml-tiny.bin?secret=1\r\n"));
  });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("models.invalid without encryption"));
  EXPECT_THAT(error.what(), ::testing::Not(HasSubstr("secret")));
}

TEST_F(Download, LeavesALoopOfRedirects) {
  FileServer server([](const auto&, const auto& connection) {
    connection.send(answer_head("302 Found", 0, "Location: /ggml-tiny.bin\r\n"));
  });
  EXPECT_THAT(failure(server).what(), HasSubstr("redirects more than 5 times"));
  EXPECT_EQ(server.requests().size(), 6U);
}

TEST_F(Download, DoesNotWaitForASilentServer) {
  options_.stall_timeout = std::chrono::milliseconds(100);
  FileServer server([&](const auto& request, const auto& connection) {
    if (request.range.empty()) send_file(request, connection, content_, "\"v1\"", 1000);
    connection.hold();
  });
  const Error error = failure(server);
  EXPECT_EQ(error.code(), ErrorCode::kTimeout);
  EXPECT_EQ(std::filesystem::file_size(remote::part_path(target_)), 1000U);
}

TEST_F(Download, StopsOnRequestAndKeepsWhatCame) {
  FileServer server([&](const auto& request, const auto& connection) {
    send_file(request, connection, content_, "\"v1\"", 1000);
    connection.hold();
  });
  try {
    download(
        request(server), options_, [this](std::uint64_t) { stop_.request_stop(); }, stop_.get_token());
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  EXPECT_EQ(std::filesystem::file_size(remote::part_path(target_)), 1000U);
}

TEST_F(Download, SaysWhenNobodyListens) {
  std::string url;
  {
    const FileServer server([](const auto&, const auto&) {});
    url = server.url("ggml-tiny.bin");
  }
  try {
    download({.url = url, .target = target_, .size_bytes = 1, .sha256 = ""}, options_, [](std::uint64_t) {}, {});
    FAIL() << "downloaded from nowhere";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1"));
  }
}

TEST_F(Download, ChecksTheSpaceBeforeItAsks) {
  options_.keep_free_bytes = std::uint64_t{1} << 60U;
  FileServer server([](const auto&, const auto&) {});
  EXPECT_EQ(failure(server).code(), ErrorCode::kStorageFull);
  EXPECT_TRUE(server.requests().empty());
}

TEST_F(Download, LeavesThePartOfAnotherProcessAlone) {
  write_part("theirs", "");
  const UniqueFd theirs(::open(remote::part_path(target_).c_str(), O_RDWR | O_CLOEXEC));
  ASSERT_EQ(::flock(theirs.get(), LOCK_EX), 0);
  FileServer server([](const auto&, const auto&) {});
  EXPECT_EQ(failure(server).code(), ErrorCode::kConflict);
  EXPECT_EQ(read_file(remote::part_path(target_), 100), "theirs");
}

}  // namespace
}  // namespace voxlate::models
