#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/temporary_folder.h"
#include "media/audio_reader.h"
#include "tests/unit/media/generated_media.h"

namespace voxlate::media {
namespace {

constexpr std::uint32_t kTwoHoursBytes = 2u * 3600 * 8000 * 2;

/// A number of /proc/self/status in KiB.
long status_kib(const std::string& key) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(key + ":")) return std::stol(line.substr(key.size() + 1));
  }
  return -1;
}

/// Makes the peak (VmHWM) start from the present size.
bool reset_peak() {
  std::ofstream control("/proc/self/clear_refs");
  control << "5" << std::flush;
  return control.good();
}

TEST(AudioReader, MemoryDoesNotGrowWithLength) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  GTEST_SKIP() << "sanitizers keep freed memory";
#endif
  const TemporaryFolder folder;
  const auto file = write_file(folder / "source", wav_header(8000, 1, kTwoHoursBytes));
  std::filesystem::resize_file(file, 44 + kTwoHoursBytes);

  // Code and tables that any reading needs are loaded before measuring.
  std::vector<float> block(30 * 16'000);
  AudioReader(file, std::nullopt, {}, {}).read(block);
  if (!reset_peak()) GTEST_SKIP() << "the kernel does not let the peak be reset";
  const long before_kib = status_kib("VmRSS");

  AudioReader reader(file, std::nullopt, {}, {});
  std::size_t total = 0;
  while (const std::size_t got = reader.read(block)) total += got;

  EXPECT_EQ(total, 2u * 3600 * 16'000);
  const long growth_kib = status_kib("VmHWM") - before_kib;
  RecordProperty("growth_kib", static_cast<int>(growth_kib));
  EXPECT_LT(growth_kib, 16 * 1024);
}

}  // namespace
}  // namespace voxlate::media
