// What every AccountStore promises, asked of each implementation.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <thread>

#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/sqlite_account_store.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TimePoint kStart{milliseconds(1'800'000'000'000)};

class OpenedAccountStore : private store::Storage, public store::SqliteAccountStore {
 public:
  explicit OpenedAccountStore(const store::Storage::Options& options)
      : Storage(options), SqliteAccountStore(static_cast<Storage&>(*this)) {}
};

struct Implementation {
  const char* name;
  std::function<std::unique_ptr<AccountStore>(const std::filesystem::path& folder)> make;
};

void PrintTo(const Implementation& implementation, std::ostream* out) { *out << implementation.name; }

std::unique_ptr<AccountStore> make_sqlite(const std::filesystem::path& folder) {
  return std::make_unique<OpenedAccountStore>(
      store::Storage::Options{.path = folder / "voxlate.db", .ballast_bytes = 0});
}

ErrorCode code_of(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an Error";
  return ErrorCode::kInternal;
}

std::string hash_of(char c) { return std::string(64, c); }

class AccountStoreTest : public ::testing::TestWithParam<Implementation> {
 protected:
  static User new_user(const std::string& name, Role role = Role::kUser) {
    User user;
    user.id = random_id();
    user.name = name;
    user.role = role;
    user.password_hash = "hash of " + name;
    user.created_at = user.password_changed_at = kStart;
    return user;
  }

  User add(const std::string& name, Role role = Role::kUser) {
    User user = new_user(name, role);
    store().add_user(user);
    return user;
  }

  static Session new_session(const User& user, char token, TimePoint now = kStart) {
    return {.id = random_id(),
            .user_id = user.id,
            .token_hash = hash_of(token),
            .address = "192.0.2.1",
            .user_agent = "browser",
            .created_at = now,
            .last_used_at = now,
            .expires_at = now + hours(24)};
  }

  static ApiKey new_key(const User& user) {
    return {.id = random_id(),
            .user_id = user.id,
            .name = "script",
            .secret_hash = hash_of('e'),
            .scope = KeyScope::kWrite,
            .created_at = kStart,
            .expires_at = kStart + hours(1),
            .last_used_at = {}};
  }

  AccountStore& store() { return *store_; }
  void reopen() {
    store_.reset();
    store_ = GetParam().make(folder_.path());
  }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<AccountStore> store_ = GetParam().make(folder_.path());
};

TEST_P(AccountStoreTest, UsersAreFoundByIdNameAndAddress) {
  EXPECT_FALSE(store().has_users());
  User ann = new_user("ann", Role::kAdmin);
  ann.email = "ann@example.org";
  ann.quota = {.stored_bytes = 5, .jobs_per_day = 6, .media_per_day = minutes(7)};
  store().add_user(ann);
  add("bob");
  EXPECT_TRUE(store().has_users());
  EXPECT_EQ(store().find_user(ann.id), ann);
  EXPECT_EQ(store().find_user_by_login("ann"), ann);
  EXPECT_EQ(store().find_user_by_login("ann@example.org"), ann);
  for (const char* login : {"", "@", "eve", "eve@example.org"})
    EXPECT_FALSE(store().find_user_by_login(login)) << login;
  EXPECT_FALSE(store().find_user("nobody"));
  reopen();
  EXPECT_EQ(store().find_user(ann.id), ann);
}

TEST_P(AccountStoreTest, NamesAndAddressesAreUnique) {
  User ann = new_user("ann");
  ann.email = "ann@example.org";
  store().add_user(ann);
  EXPECT_EQ(code_of([&] { add("ann"); }), ErrorCode::kConflict);
  User other = new_user("other");
  other.email = "ann@example.org";
  EXPECT_EQ(code_of([&] { store().add_user(other); }), ErrorCode::kConflict);
  const User bob = add("bob");
  add("cat");  // without an address, as bob
  EXPECT_EQ(code_of([&] { store().change_user(bob.id, {.email = "ann@example.org"}, kStart); }), ErrorCode::kConflict);
}

TEST_P(AccountStoreTest, OfManyFirstUsersOneIs) {
  std::atomic<int> added = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        if (store().add_first_user(new_user("user" + std::to_string(i), Role::kAdmin))) ++added;
      });
    }
  }
  EXPECT_EQ(added, 1);
  EXPECT_EQ(store().list_users("", 10).size(), 1U);
}

TEST_P(AccountStoreTest, ListsUsersInPages) {
  std::vector<std::string> names;
  for (const char* name : {"eve", "ann", "bob"}) add(name);
  std::string after;
  for (;;) {
    const auto page = store().list_users(after, 2);
    if (page.empty()) break;
    for (const User& user : page) names.push_back(user.name);
    after = page.back().id;
  }
  EXPECT_THAT(names, ElementsAre("eve", "ann", "bob"));
}

TEST_P(AccountStoreTest, ChangesOnlyWhatIsGiven) {
  add("root", Role::kAdmin);
  const User ann = add("ann");
  const Quota quota{.stored_bytes = 1, .jobs_per_day = {}, .media_per_day = {}};
  const User changed = store().change_user(ann.id, {.role = Role::kAdmin, .quota = quota}, kStart + hours(1));
  EXPECT_EQ(changed.role, Role::kAdmin);
  EXPECT_EQ(changed.quota, quota);
  EXPECT_EQ(changed.password_hash, ann.password_hash);
  EXPECT_EQ(changed.password_changed_at, ann.password_changed_at);
  EXPECT_EQ(store().find_user(ann.id), changed);
  EXPECT_EQ(code_of([&] { store().change_user("nobody", {.active = false}, kStart); }), ErrorCode::kNotFound);
}

TEST_P(AccountStoreTest, TheLastActiveAdministratorStays) {
  const User root = add("root", Role::kAdmin);
  const User other = add("other", Role::kAdmin);
  store().change_user(other.id, {.active = false}, kStart);
  EXPECT_EQ(code_of([&] { store().change_user(root.id, {.role = Role::kUser}, kStart); }), ErrorCode::kConflict);
  EXPECT_EQ(code_of([&] { store().change_user(root.id, {.active = false}, kStart); }), ErrorCode::kConflict);
  EXPECT_EQ(code_of([&] { store().begin_deletion(root.id); }), ErrorCode::kConflict);
  store().change_user(other.id, {.active = true}, kStart);
  EXPECT_TRUE(store().begin_deletion(root.id));
}

TEST_P(AccountStoreTest, SessionsAreFoundByTheirHashWithTheirUser) {
  const User ann = add("ann");
  const Session session = new_session(ann, 'a');
  store().add_session(session, 10);
  reopen();
  const auto found = store().find_session(hash_of('a'));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session, session);
  EXPECT_EQ(found->user.name, "ann");
  EXPECT_EQ(found->user.last_login_at, kStart);
  EXPECT_FALSE(store().find_session(hash_of('b')));
  store().touch_session(session.id, kStart + hours(1), kStart + hours(25));
  EXPECT_EQ(store().find_session(hash_of('a'))->session.expires_at, kStart + hours(25));
  EXPECT_TRUE(store().knows_address(ann.id, "192.0.2.1"));
  EXPECT_FALSE(store().knows_address(ann.id, "192.0.2.2"));
  EXPECT_FALSE(store().knows_address("nobody", "192.0.2.1"));
}

TEST_P(AccountStoreTest, TheOldestSessionsBeyondTheLimitEnd) {
  const User ann = add("ann");
  for (int i = 0; i < 4; ++i) store().add_session(new_session(ann, static_cast<char>('a' + i), kStart + hours(i)), 3);
  EXPECT_FALSE(store().find_session(hash_of('a')));
  for (const char token : {'b', 'c', 'd'}) EXPECT_TRUE(store().find_session(hash_of(token))) << token;
  // A clock that went back does not end the session that was just made.
  store().add_session(new_session(ann, 'e', kStart - hours(9)), 3);
  EXPECT_TRUE(store().find_session(hash_of('e')));
}

TEST_P(AccountStoreTest, SessionsEndForTheirOwnUserOnly) {
  const User ann = add("ann");
  const User bob = add("bob");
  const Session session = new_session(ann, 'a');
  store().add_session(session, 10);
  EXPECT_FALSE(store().end_session(bob.id, session.id));
  EXPECT_TRUE(store().list_sessions(bob.id, kStart).empty());
  EXPECT_EQ(store().list_sessions(ann.id, kStart).size(), 1U);
  EXPECT_TRUE(store().list_sessions(ann.id, kStart + hours(24)).empty());
  EXPECT_TRUE(store().end_session(ann.id, session.id));
  EXPECT_FALSE(store().end_session(ann.id, session.id));
  EXPECT_FALSE(store().find_session(hash_of('a')));
}

TEST_P(AccountStoreTest, NewPasswordRoleOrRestEndsAllSessions) {
  add("root", Role::kAdmin);
  const User ann = add("ann");
  const std::vector<UserChange> ending = {{.password_hash = "new"}, {.role = Role::kAdmin}, {.active = false}};
  for (const UserChange& change : ending) {
    store().change_user(ann.id, {.active = true}, kStart);
    store().add_session(new_session(ann, 'a'), 10);
    store().change_user(ann.id, change, kStart);
    EXPECT_FALSE(store().find_session(hash_of('a')));
  }
  store().change_user(ann.id, {.active = true}, kStart);
  store().add_session(new_session(ann, 'a'), 10);
  store().change_user(ann.id, {.email = "ann@example.org"}, kStart);
  store().replace_hash(ann.id, "not the hash", "x");
  EXPECT_EQ(store().find_user(ann.id)->password_hash, "new");
  store().replace_hash(ann.id, "new", "newer");
  EXPECT_EQ(store().find_user(ann.id)->password_hash, "newer");
  EXPECT_TRUE(store().find_session(hash_of('a')));
}

TEST_P(AccountStoreTest, SessionsAndKeysOfARestingUserAreNotFound) {
  const User ann = add("ann");
  const ApiKey key = new_key(ann);
  store().add_key(key, 10);
  store().change_user(ann.id, {.active = false}, kStart);
  EXPECT_FALSE(store().find_key(key.id));
  EXPECT_EQ(code_of([&] { store().add_session(new_session(ann, 'a'), 10); }), ErrorCode::kNotFound);
  store().change_user(ann.id, {.active = true}, kStart);
  EXPECT_TRUE(store().find_key(key.id));
}

TEST_P(AccountStoreTest, ExpiredSessionsGoInBatches) {
  const User ann = add("ann");
  for (int i = 0; i < 5; ++i) store().add_session(new_session(ann, static_cast<char>('a' + i), kStart), 10);
  store().add_session(new_session(ann, 'z', kStart + hours(2)), 10);
  EXPECT_EQ(store().delete_expired_sessions(kStart + hours(25), 3), 3);
  EXPECT_EQ(store().delete_expired_sessions(kStart + hours(25), 3), 2);
  EXPECT_EQ(store().delete_expired_sessions(kStart + hours(25), 3), 0);
  EXPECT_TRUE(store().find_session(hash_of('z')));
}

TEST_P(AccountStoreTest, KeysAreFoundTouchedAndRevoked) {
  const User ann = add("ann");
  const User bob = add("bob");
  ApiKey key = new_key(ann);
  store().add_key(key, 1);
  EXPECT_EQ(code_of([&] { store().add_key(new_key(ann), 1); }), ErrorCode::kConflict);
  store().touch_key(key.id, kStart + minutes(1));
  key.last_used_at = kStart + minutes(1);
  const auto found = store().find_key(key.id);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->key, key);
  EXPECT_EQ(found->user.id, ann.id);
  EXPECT_THAT(store().list_keys(ann.id), ElementsAre(key));
  EXPECT_THAT(store().list_keys(bob.id), IsEmpty());
  EXPECT_FALSE(store().remove_key(bob.id, key.id));
  EXPECT_TRUE(store().remove_key(ann.id, key.id));
  EXPECT_FALSE(store().find_key(key.id));
}

TEST_P(AccountStoreTest, DeletionGoesOnAfterARestart) {
  add("root", Role::kAdmin);
  const User ann = add("ann");
  store().add_session(new_session(ann, 'a'), 10);
  const ApiKey key = new_key(ann);
  store().add_key(key, 10);
  EXPECT_TRUE(store().begin_deletion(ann.id));
  EXPECT_FALSE(store().begin_deletion(ann.id));
  EXPECT_FALSE(store().find_user(ann.id));
  EXPECT_FALSE(store().find_user_by_login("ann"));
  EXPECT_FALSE(store().find_session(hash_of('a')));
  EXPECT_FALSE(store().find_key(key.id));
  EXPECT_EQ(store().list_users("", 10).size(), 1U);
  EXPECT_EQ(code_of([&] { add("ann"); }), ErrorCode::kConflict);
  reopen();
  EXPECT_THAT(store().users_in_deletion(), ElementsAre(ann.id));
  store().finish_deletion(ann.id);
  EXPECT_THAT(store().users_in_deletion(), IsEmpty());
  add("ann");
}

TEST_P(AccountStoreTest, LoginFailuresAreCountedAcrossRestarts) {
  store().add_login_failure("k", kStart);
  store().add_login_failure("k", kStart + minutes(1));
  reopen();
  EXPECT_EQ(store().login_failures("k").count, 2);
  EXPECT_EQ(store().login_failures("k").last_at, kStart + minutes(1));
  EXPECT_EQ(store().login_failures("other").count, 0);
  EXPECT_EQ(store().delete_login_failures_before(kStart + minutes(1), 10), 0);
  store().forget_login_failures("k");
  EXPECT_EQ(store().login_failures("k").count, 0);
  store().add_login_failure("k", kStart);
  EXPECT_EQ(store().delete_login_failures_before(kStart + minutes(1), 10), 1);
}

TEST_P(AccountStoreTest, AuditRecordsAreChained) {
  for (int i = 0; i < 5; ++i) {
    store().append_audit({.at = kStart + minutes(i),
                          .event = "auth.login",
                          .actor = "ann",
                          .address = "192.0.2.1",
                          .subject = "",
                          .detail = std::to_string(i)});
  }
  const auto records = store().list_audit(0, 10);
  ASSERT_EQ(records.size(), 5U);
  EXPECT_EQ(records.front().entry.detail, "4");
  EXPECT_EQ(records.back().previous, "");
  for (std::size_t i = 0; i + 1 < records.size(); ++i) EXPECT_EQ(records[i].previous, records[i + 1].hash);
  for (const AuditRecord& record : records) EXPECT_EQ(record.hash, store::audit_hash(record.previous, record.entry));
  EXPECT_EQ(store().list_audit(records[1].sequence, 2).front().sequence, records[2].sequence);
}

TEST_P(AccountStoreTest, AuditKeepsItsNewestRecordWhenOldOnesGo) {
  for (int i = 0; i < 3; ++i) store().append_audit({.at = kStart, .event = "e", .detail = std::to_string(i)});
  const std::string newest = store().list_audit(0, 1).front().hash;
  EXPECT_EQ(store().oldest_audit(kStart + hours(1), 9).size(), 2U);
  EXPECT_EQ(store().oldest_audit(kStart + hours(1), 1).front().entry.detail, "0");
  EXPECT_TRUE(store().oldest_audit(kStart, 9).empty());
  EXPECT_EQ(store().delete_audit_before(kStart + hours(1), 1), 1);
  EXPECT_EQ(store().delete_audit_before(kStart + hours(1), 9), 1);
  EXPECT_EQ(store().delete_audit_before(kStart + hours(1), 9), 0);
  store().append_audit({.at = kStart, .event = "e"});
  EXPECT_EQ(store().list_audit(0, 1).front().previous, newest);
}

INSTANTIATE_TEST_SUITE_P(Implementations, AccountStoreTest,
                         ::testing::Values(Implementation{.name = "sqlite", .make = make_sqlite}),
                         [](const auto& test) { return test.param.name; });

}  // namespace
}  // namespace voxlate
