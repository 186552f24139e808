#include "base/file.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

class FileTest : public ::testing::Test {
 protected:
  const TemporaryFolder temporary_;
  const std::filesystem::path& folder_ = temporary_.path();
};

TEST_F(FileTest, AtomicWriteTakesANameWithoutAFolder) {
  const std::filesystem::path before = std::filesystem::current_path();
  std::filesystem::current_path(folder_);
  write_file_atomically("plain.txt", "text");
  EXPECT_EQ(read_file("plain.txt", 100), "text");
  std::filesystem::current_path(before);
}

TEST_F(FileTest, FailedAtomicWriteLeavesNothing) {
  EXPECT_THROW(write_file_atomically(folder_, "a folder is in the way"), Error);
  EXPECT_THROW(write_file_atomically(folder_ / "absent" / "a.txt", "text"), Error);
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(FileTest, ReadRefusesWhatIsTooLargeOrNoFile) {
  write_file_atomically(folder_ / "a.txt", "12345");
  EXPECT_THROW(read_file(folder_ / "a.txt", 4), Error);
  EXPECT_THROW(read_file(folder_, 100), Error);
  EXPECT_THROW(read_file("/dev/null", 100), Error);
}

}  // namespace
}  // namespace voxlate
