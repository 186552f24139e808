// Many uploads, and large ones, against the real server.

#include "upload_interruptions.h"

namespace voxlate::e2e {
namespace {

TEST(UploadKills, TwoHundredUploadsResumeByteExact) { interrupt_uploads(/*uploads=*/200, /*kills=*/20); }

// Reliability, section 1, row 7.
TEST(UploadMemory, EightLargeUploadsNeedLittleMemory) {
  constexpr int kUploads = 8;
  constexpr std::uint64_t kBytes = std::uint64_t{1} << 30;
  constexpr std::uint64_t kPatchBytes = 50 << 20;
  constexpr std::uint64_t kMostGrowth = 64 << 20;
  const TemporaryFolder folder;
  if (disk_space(folder.path()).free_bytes < (kUploads + 2) * kBytes) GTEST_SKIP() << "needs 10 GiB of free disk";
  const ServerProcess server(folder / "data", {"--set", "server.min_free_disk_bytes=0"});
  const std::string block(1 << 20, 'x');
  const auto upload = [&](int) {
    Client client(server.port());
    client.send("POST /api/uploads HTTP/1.1\r\n" + kTus + "Upload-Length: " + std::to_string(kBytes) +
                "\r\nContent-Length: 0\r\n\r\n");
    const std::string location = client.read_answer().header("location");
    for (std::uint64_t offset = 0; offset < kBytes;) {
      const std::uint64_t size = std::min(kPatchBytes, kBytes - offset);
      client.send("PATCH " + location + " HTTP/1.1\r\n" + kTus +
                  "Content-Type: application/offset+octet-stream\r\nUpload-Offset: " + std::to_string(offset) +
                  "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n");
      for (std::uint64_t sent = 0; sent < size; sent += block.size()) {
        client.send(std::string_view(block).substr(0, std::min<std::uint64_t>(block.size(), size - sent)));
      }
      Answer answer = client.read_answer();
      for (int i = 0; i < 30 && answer.status == 0; ++i) answer = client.read_answer();  // a slow disk
      ASSERT_EQ(answer.status, 204);
      offset += size;
    }
    EXPECT_EQ(std::filesystem::file_size(folder / "data" / "uploads" / location.substr(location.rfind('/') + 1)),
              kBytes);
  };
  const std::uint64_t before = server.rss_bytes();
  {
    std::vector<std::jthread> clients;
    for (int i = 0; i < kUploads; ++i) clients.emplace_back(upload, i);
  }
  const std::uint64_t most = server.peak_rss_bytes();
  testing::Test::RecordProperty("growth_mib", static_cast<int>((most - std::min(most, before)) >> 20));
  EXPECT_LT(most, before + kMostGrowth);
}

}  // namespace
}  // namespace voxlate::e2e
