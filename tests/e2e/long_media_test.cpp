// Two hours of audio within a memory that does not grow with the length.

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

std::uint64_t peak_over(const std::filesystem::path& recording, const std::filesystem::path& data) {
  const ServerProcess server(data);
  const std::string id = submit(server, recording).json.at("id");
  EXPECT_EQ(wait_until_finished(server, id, /*limit_s=*/2400).at("status"), "completed");
  return server.peak_rss_bytes();
}

TEST(LongMedia, TwoHoursNeedNoMoreMemoryThanTenMinutes) {
  if (speech_clips().size() != 5) GTEST_SKIP() << "needs Debian's package pocketsphinx-testdata";
  const TemporaryFolder folder;
  // Five sentences, 25 s of speech, in every 225 s.
  make_recording(folder / "short.wav", /*pause_s=*/40, /*repeats=*/3);
  make_recording(folder / "long.wav", /*pause_s=*/40, /*repeats=*/32);
  const std::uint64_t short_peak = peak_over(folder / "short.wav", folder / "data1");
  const std::uint64_t long_peak = peak_over(folder / "long.wav", folder / "data2");
  std::printf("peak for 11 minutes %.0f MiB, for 2 hours %.0f MiB\n", static_cast<double>(short_peak) / (1 << 20),
              static_cast<double>(long_peak) / (1 << 20));
  EXPECT_LT(long_peak, short_peak + (std::uint64_t{24} << 20));
}

}  // namespace
}  // namespace voxlate::e2e
