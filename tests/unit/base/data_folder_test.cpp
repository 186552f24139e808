#include "base/data_folder.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

class DataFolderTest : public ::testing::Test {
 protected:
  static void write(const std::filesystem::path& path) { std::ofstream(path) << "x"; }

  const TemporaryFolder folder_;
  const std::filesystem::path path_ = folder_ / "data";
};

template <typename Action>
ErrorCode code_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an Error";
  return ErrorCode::kInternal;
}

TEST_F(DataFolderTest, SecondOwnerIsRefused) {
  const DataFolder first(path_);
  EXPECT_EQ(code_of([&] { const DataFolder second(path_); }), ErrorCode::kConflict);
}

TEST_F(DataFolderTest, LockIsFreeAgainWhenTheOwnerIsGone) {
  { const DataFolder first(path_); }
  EXPECT_NO_THROW(const DataFolder second(path_));
}

TEST_F(DataFolderTest, SweepRemovesWhatNoJobOwns) {
  const DataFolder data(path_);
  const std::string kept = random_id();
  const std::string orphan = random_id();
  data.workspace(kept).create();
  data.workspace(orphan).create();
  data.workspace(kept).write_atomically("a.srt", "text");
  write(path_ / "jobs" / kept / "files" / ".tmp-left");
  write(data.uploads() / "half");
  EXPECT_EQ(data.sweep({kept}), 3);
  EXPECT_TRUE(std::filesystem::exists(path_ / "jobs" / kept / "files" / "a.srt"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "jobs" / kept / "files" / ".tmp-left"));
  EXPECT_FALSE(std::filesystem::exists(path_ / "jobs" / orphan));
  EXPECT_TRUE(std::filesystem::is_empty(data.uploads()));
}

TEST_F(DataFolderTest, SweepKeepsUploadsThatGoOn) {
  const DataFolder data(path_);
  const std::string kept = random_id();
  write(data.upload(kept));
  write(data.upload(random_id()));
  EXPECT_EQ(data.sweep({}, {kept}), 1);
  EXPECT_TRUE(std::filesystem::exists(data.upload(kept)));
  EXPECT_EQ(code_of([&] { data.upload("../jobs"); }), ErrorCode::kNotFound);
}

TEST_F(DataFolderTest, WorkspaceTakesOnlyIds) {
  const DataFolder data(path_);
  for (const char* id : {"", "..", "../../../../../../../etc/pa", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}) {
    EXPECT_EQ(code_of([&] { data.workspace(id); }), ErrorCode::kNotFound) << id;
  }
}

TEST_F(DataFolderTest, WorkspaceOpensOnlyItsOwnFiles) {
  const DataFolder data(path_);
  const Workspace workspace = data.workspace(random_id());
  workspace.create();
  workspace.write_atomically("talk.en.srt", "1");
  EXPECT_EQ(file_size(workspace.open("talk.en.srt").get()), 1U);
  for (const char* name : {"", ".", "..", "../source", "absent.srt", "a/b", "/etc/passwd", ".hidden"}) {
    EXPECT_EQ(code_of([&] { workspace.open(name); }), ErrorCode::kNotFound) << name;
  }
}

TEST_F(DataFolderTest, AtomicWriteReplacesTheWholeContent) {
  const DataFolder data(path_);
  const Workspace workspace = data.workspace(random_id());
  workspace.create();
  workspace.write_atomically("a.txt", "a long first content");
  workspace.write_atomically("a.txt", "short");
  EXPECT_EQ(file_size(workspace.open("a.txt").get()), 5U);
}

}  // namespace
}  // namespace voxlate
