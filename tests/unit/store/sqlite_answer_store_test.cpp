#include "store/sqlite_answer_store.h"

#include <gtest/gtest.h>

#include "base/temporary_folder.h"

namespace voxlate::store {
namespace {

using Begun = AnswerStore::Begun;

constexpr TimePoint kStart{std::chrono::milliseconds(1'800'000'000'000)};

class SqliteAnswerStoreTest : public testing::Test {
 protected:
  static KeptAnswer answer(std::string body = "{}") {
    return {.fingerprint = std::string(64, 'f'),
            .status = 201,
            .content_type = "application/json",
            .headers = "Location: /api/things/1\n",
            .body = std::move(body)};
  }

  TemporaryFolder folder_;
  Storage storage_{{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0}};
  SqliteAnswerStore answers_{storage_};
  const RepeatKey key_{.owner = "ann", .route = "POST /api/things", .key = "0123456789abcdef"};
};

TEST_F(SqliteAnswerStoreTest, AKeyLeadsToItsAnswer) {
  EXPECT_EQ(std::get<Begun>(answers_.begin(key_, kStart)), Begun::kNew);
  EXPECT_EQ(std::get<Begun>(answers_.begin(key_, kStart)), Begun::kCutOff);
  EXPECT_TRUE(answers_.keep(key_, answer()));
  EXPECT_EQ(std::get<KeptAnswer>(answers_.begin(key_, kStart)), answer());
  EXPECT_FALSE(answers_.keep(key_, answer("another"))) << "the first answer stands";
  answers_.forget(key_);
  EXPECT_EQ(std::get<KeptAnswer>(answers_.begin(key_, kStart)), answer());
}

TEST_F(SqliteAnswerStoreTest, WhatFailedIsForgotten) {
  answers_.begin(key_, kStart);
  answers_.forget(key_);
  EXPECT_FALSE(answers_.keep(key_, answer()));
  EXPECT_EQ(std::get<Begun>(answers_.begin(key_, kStart)), Begun::kNew);
}

TEST_F(SqliteAnswerStoreTest, OwnersRoutesAndKeysAreApart) {
  answers_.begin(key_, kStart);
  RepeatKey other = key_;
  other.owner = "bob";
  EXPECT_EQ(std::get<Begun>(answers_.begin(other, kStart)), Begun::kNew);
  other = key_;
  other.route = "POST /api/others";
  EXPECT_EQ(std::get<Begun>(answers_.begin(other, kStart)), Begun::kNew);
  other = key_;
  other.key += "0";
  EXPECT_EQ(std::get<Begun>(answers_.begin(other, kStart)), Begun::kNew);
}

TEST_F(SqliteAnswerStoreTest, AnswersOfAnyLengthAndBytesComeBack) {
  for (const std::string& body : {std::string(), std::string("\0\xff\0", 3), std::string(3'000'000, 'x')}) {
    const RepeatKey key{.owner = "ann", .route = "POST /api/things", .key = std::to_string(body.size())};
    answers_.begin(key, kStart);
    answers_.keep(key, answer(body));
    EXPECT_EQ(std::get<KeptAnswer>(answers_.begin(key, kStart)), answer(body));
  }
}

TEST_F(SqliteAnswerStoreTest, AKeyIsKnownForADay) {
  answers_.begin(key_, kStart);
  answers_.keep(key_, answer());
  const TimePoint end = kStart + AnswerStore::kAnswersKept;
  EXPECT_EQ(std::get<KeptAnswer>(answers_.begin(key_, end - std::chrono::milliseconds(1))), answer());
  EXPECT_EQ(std::get<Begun>(answers_.begin(key_, end)), Begun::kNew);
}

TEST_F(SqliteAnswerStoreTest, SweepsWhatIsOld) {
  answers_.begin(key_, kStart);
  answers_.keep(key_, answer());
  EXPECT_EQ(answers_.sweep(kStart + std::chrono::hours(23)), 0);
  EXPECT_EQ(answers_.sweep(kStart + std::chrono::hours(24)), 1);
  EXPECT_EQ(answers_.sweep(kStart + std::chrono::hours(24)), 0);
}

}  // namespace
}  // namespace voxlate::store
