#include "base/durability.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

/// The code of what `call` throws.
template <typename Call>
std::optional<ErrorCode> thrown(const Call& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  return std::nullopt;
}

TEST(Durability, SyncsFilesAndFolders) {
  const TemporaryFolder folder;
  const UniqueFd file = create_file(folder.path() / "a");
  Durability durability;
  durability.sync_data(file.get());
  durability.sync_file(file.get());
  durability.sync_folder(folder.path());
  EXPECT_FALSE(durability.failed());
}

TEST(Durability, AFailureIsForGood) {
  int calls = 0;
  Durability durability({.data =
                             [&](int) {
                               if (++calls == 1) throw Error(ErrorCode::kInternal, "Input/output error");
                             },
                         .file = [&](int) { ++calls; }});
  EXPECT_EQ(thrown([&] { durability.sync_data(0); }), ErrorCode::kInternal);
  EXPECT_TRUE(durability.failed());
  EXPECT_EQ(thrown([&] { durability.sync_data(0); }), ErrorCode::kUnavailable);
  EXPECT_EQ(thrown([&] { durability.sync_file(0); }), ErrorCode::kUnavailable);
  EXPECT_EQ(thrown([&] { durability.require(); }), ErrorCode::kUnavailable);
  EXPECT_EQ(calls, 1) << "it is not tried again";
}

TEST(Durability, AFullDiskIsNoFailure) {
  Durability durability({.data = [](int) { throw Error(ErrorCode::kStorageFull, "No space left on device"); }});
  EXPECT_EQ(thrown([&] { durability.sync_data(0); }), ErrorCode::kStorageFull);
  EXPECT_FALSE(durability.failed());
  durability.require();
}

}  // namespace
}  // namespace voxlate
