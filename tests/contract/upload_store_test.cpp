// What every UploadStore promises.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/sqlite_upload_store.h"

namespace voxlate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

constexpr TimePoint kStart{milliseconds(1'800'000'000'000)};
constexpr TimePoint kExpiry = kStart + hours(24);
constexpr int kMany = 1000;

class UploadStoreTest : public testing::Test {
 protected:
  void open() {
    store_.reset();
    storage_.reset();
    storage_ = std::make_unique<store::Storage>(
        store::Storage::Options{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0});
    store_ = std::make_unique<store::SqliteUploadStore>(*storage_);
  }
  void SetUp() override { open(); }

  Upload add(std::optional<std::uint64_t> length, Upload::Kind kind = Upload::Kind::kWhole,
             const std::string& owner = "ann") {
    Upload upload{.id = random_id(), .owner = owner, .kind = kind, .length_bytes = length, .expires_at = kExpiry};
    upload.metadata = "filename dGFsay5tcDQ=";
    EXPECT_TRUE(store_->add(upload, kMany));
    return upload;
  }
  Upload complete_part(std::uint64_t length, const std::string& owner = "ann") {
    Upload part = add(length, Upload::Kind::kPart, owner);
    EXPECT_TRUE(store_->advance(part.id, 0, length, kExpiry));
    part.offset_bytes = length;
    return part;
  }
  static Upload join_of(const std::vector<Upload>& parts) {
    Upload joined{.id = random_id(), .owner = "ann", .kind = Upload::Kind::kFinal, .expires_at = kExpiry};
    for (const Upload& part : parts) {
      joined.parts.push_back(part.id);
      joined.offset_bytes += part.offset_bytes;
    }
    joined.length_bytes = joined.offset_bytes;
    return joined;
  }

  TemporaryFolder folder_;
  std::unique_ptr<store::Storage> storage_;
  std::unique_ptr<UploadStore> store_;
};

TEST_F(UploadStoreTest, GivesBackWhatWasAdded) {
  const Upload known = add(1000);
  const Upload deferred = add(std::nullopt, Upload::Kind::kPart, "");
  open();
  EXPECT_EQ(store_->get(known.id), known);
  EXPECT_EQ(store_->get(deferred.id), deferred);
  EXPECT_EQ(store_->get(random_id()), std::nullopt);
  EXPECT_THAT(store_->all(), UnorderedElementsAre(known, deferred));
}

TEST_F(UploadStoreTest, CountsTheUploadsOfAnOwner) {
  Upload upload{.id = random_id(), .owner = "ann", .length_bytes = 1, .expires_at = kExpiry};
  EXPECT_TRUE(store_->add(upload, 2));
  upload.id = random_id();
  EXPECT_TRUE(store_->add(upload, 2));
  upload.id = random_id();
  EXPECT_FALSE(store_->add(upload, 2));
  EXPECT_EQ(store_->get(upload.id), std::nullopt);
  upload.owner = "bob";
  EXPECT_TRUE(store_->add(upload, 2));
}

TEST_F(UploadStoreTest, AdvancesOnlyFromWhereItIs) {
  const Upload upload = add(100);
  const TimePoint later = kExpiry + hours(1);
  EXPECT_FALSE(store_->advance(upload.id, 1, 50, later));
  EXPECT_FALSE(store_->advance(upload.id, 0, 101, later));
  EXPECT_EQ(store_->get(upload.id), upload);
  EXPECT_TRUE(store_->advance(upload.id, 0, 60, later));
  EXPECT_FALSE(store_->advance(upload.id, 60, 59, later));
  EXPECT_FALSE(store_->advance(upload.id, 0, 60, later));
  open();
  EXPECT_EQ(store_->get(upload.id)->offset_bytes, 60U);
  EXPECT_EQ(store_->get(upload.id)->expires_at, later);
  EXPECT_FALSE(store_->get(upload.id)->complete());
  EXPECT_TRUE(store_->advance(upload.id, 60, 60, later));
  EXPECT_TRUE(store_->advance(upload.id, 60, 100, later));
  EXPECT_TRUE(store_->get(upload.id)->complete());
  EXPECT_FALSE(store_->advance(random_id(), 0, 0, later));
}

TEST_F(UploadStoreTest, SetsALengthOnce) {
  const Upload upload = add(std::nullopt);
  EXPECT_TRUE(store_->advance(upload.id, 0, 1000, kExpiry));
  EXPECT_FALSE(store_->get(upload.id)->complete());
  EXPECT_FALSE(store_->set_length(upload.id, 999));
  EXPECT_TRUE(store_->set_length(upload.id, 2000));
  EXPECT_FALSE(store_->set_length(upload.id, 2000));
  EXPECT_EQ(store_->get(upload.id)->length_bytes, 2000U);
  EXPECT_FALSE(store_->set_length(random_id(), 1));
}

TEST_F(UploadStoreTest, JoinsCompletePartsOfOneOwner) {
  const std::vector<Upload> parts = {complete_part(10), complete_part(20), complete_part(0)};
  const Upload joined = join_of(parts);
  EXPECT_TRUE(store_->join(joined));
  EXPECT_THAT(store_->all(), ElementsAre(joined));
  EXPECT_EQ(store_->get(joined.id)->parts, joined.parts);
}

TEST_F(UploadStoreTest, JoinsNothingElse) {
  const Upload part = complete_part(10);
  const auto refuses = [&](const Upload& other) {
    const std::size_t before = store_->all().size();
    EXPECT_FALSE(store_->join(join_of({part, other})));
    EXPECT_EQ(store_->all().size(), before);
  };
  refuses(add(10, Upload::Kind::kPart));
  refuses(complete_part(10, "bob"));
  refuses(add(std::nullopt, Upload::Kind::kPart));
  refuses(Upload{.id = random_id()});
  const Upload whole = add(5);
  ASSERT_TRUE(store_->advance(whole.id, 0, 5, kExpiry));
  refuses(whole);
  EXPECT_TRUE(store_->get(part.id));
}

TEST_F(UploadStoreTest, RemovesWhatExpired) {
  const Upload first = add(1);
  const Upload second = add(1);
  ASSERT_TRUE(store_->advance(second.id, 0, 1, kExpiry + hours(1)));
  EXPECT_THAT(store_->remove_expired(kExpiry, kMany), IsEmpty());
  EXPECT_THAT(store_->remove_expired(kExpiry + milliseconds(1), kMany), ElementsAre(first.id));
  EXPECT_EQ(store_->get(first.id), std::nullopt);
  EXPECT_TRUE(store_->get(second.id));
  EXPECT_TRUE(store_->remove(second.id));
  EXPECT_FALSE(store_->remove(second.id));
}

TEST_F(UploadStoreTest, RemovesAtMostTheLimit) {
  for (int i = 0; i < 5; ++i) add(1);
  EXPECT_EQ(store_->remove_expired(kExpiry + hours(1), 3).size(), 3U);
  EXPECT_EQ(store_->remove_expired(kExpiry + hours(1), 3).size(), 2U);
}

TEST_F(UploadStoreTest, SumsWhatIsStillToCome) {
  EXPECT_EQ(store_->outstanding_bytes(), 0U);
  const Upload upload = add(1000);
  add(std::nullopt);
  complete_part(300);
  EXPECT_EQ(store_->outstanding_bytes(), 1000U);
  ASSERT_TRUE(store_->advance(upload.id, 0, 400, kExpiry));
  EXPECT_EQ(store_->outstanding_bytes(), 600U);
}

}  // namespace
}  // namespace voxlate
