#include "accounts/accounts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "accounts/access_tokens.h"
#include "base/temporary_folder.h"
#include "store/sqlite_account_store.h"
#include "voxlate/error.h"

namespace voxlate::accounts {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class MovedClock final : public Clock {
 public:
  TimePoint now() const override { return time; }
  TimePoint time{std::chrono::milliseconds(1'800'000'000'000)};
};

class AccountsTest : public ::testing::Test {
 protected:
  void open(Accounts::Options options = {}) {
    accounts_ = std::make_unique<Accounts>(options, store_, clock_, [this] { return steady_; });
  }

  void pass(std::chrono::seconds time) {
    clock_.time += time;
    steady_ += time;
  }

  /// The first user, an administrator.
  SignedIn register_root() {
    return std::get<SignedIn>(
        accounts_->register_user({.name = "root", .email = "", .password = kPassword}, here_, /*from_here=*/true));
  }

  User add(const std::string& name) {
    return *accounts_->add_user({.name = name, .email = name + "@example.org", .password = kPassword}, "", here_);
  }

  std::variant<SignedIn, Refusal> sign_in(const std::string& login, const std::string& password,
                                          const std::string& address = "127.0.0.1", const std::string& old = {}) {
    return accounts_->sign_in(login, password, {.address = address, .user_agent = "test"}, old);
  }

  static Refusal::Reason reason(const std::variant<SignedIn, Refusal>& result) {
    return std::get<Refusal>(result).reason;
  }

  std::vector<std::string> events() {
    std::vector<std::string> names;
    for (const AuditRecord& record : store_.list_audit(0, 100)) names.push_back(record.entry.event);
    return names;
  }

  static constexpr const char* kPassword = "correct horse battery";

  TemporaryFolder folder_;
  store::Storage storage_{{.path = folder_.path() / "voxlate.db", .ballast_bytes = 0}};
  store::SqliteAccountStore store_{storage_};
  MovedClock clock_;
  std::chrono::steady_clock::time_point steady_{seconds(1000)};
  const Origin here_{.address = "127.0.0.1", .user_agent = "test"};
  std::unique_ptr<Accounts> accounts_;
};

TEST_F(AccountsTest, TheFirstUserComesFromHereAndThenTheDoorIsShut) {
  open();
  EXPECT_EQ(accounts_->registration(/*from_here=*/false), Registration::kClosed);
  EXPECT_EQ(accounts_->registration(/*from_here=*/true), Registration::kFirst);
  const Accounts::NewUser eve{.name = "eve", .email = "", .password = kPassword};
  EXPECT_EQ(reason(accounts_->register_user(eve, {.address = "192.0.2.1", .user_agent = ""}, /*from_here=*/false)),
            Refusal::Reason::kRegistrationClosed);
  EXPECT_EQ(register_root().user.role, Role::kAdmin);
  EXPECT_EQ(reason(accounts_->register_user(eve, here_, /*from_here=*/true)), Refusal::Reason::kRegistrationClosed);
  EXPECT_THAT(events(), ::testing::ElementsAre("auth.register_denied", "auth.register", "auth.register_denied"));
}

TEST_F(AccountsTest, OpenRegistrationMakesUsersNeverAdministrators) {
  open({.open_registration = true});
  register_root();
  const auto ann = accounts_->register_user(
      {.name = "Ann", .email = "ANN@example.org", .password = kPassword, .role = Role::kAdmin}, here_, false);
  EXPECT_EQ(std::get<SignedIn>(ann).user.role, Role::kUser);
  EXPECT_EQ(std::get<SignedIn>(ann).user.name, "ann");
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("ann@EXAMPLE.org", kPassword)));
  EXPECT_THROW(accounts_->register_user({.name = "ANN", .email = "", .password = kPassword}, here_, false), Error);
}

TEST_F(AccountsTest, WrongUnknownAndRestingAreTheSame) {
  open();
  register_root();
  const User ann = add("ann");
  accounts_->change_user(ann.id, {.active = false}, {}, "", here_);
  for (const auto& [login, password] :
       {std::pair("root", "wrong password"), {"nobody", kPassword}, {"ann", kPassword}, {"", ""}}) {
    const auto result = sign_in(login, password);
    EXPECT_EQ(reason(result), Refusal::Reason::kWrongCredentials) << login;
    EXPECT_EQ(std::get<Refusal>(result).retry_after, seconds(0));
  }
}

TEST_F(AccountsTest, ASessionLastsWhileUsedAndAWeekAtMost) {
  open({.session_idle = hours(24)});
  const std::string token = register_root().token;
  for (int i = 0; i < 7; ++i) {
    pass(hours(23));
    EXPECT_TRUE(accounts_->find_session(token)) << i;
  }
  pass(hours(8));
  EXPECT_FALSE(accounts_->find_session(token));
  const std::string other = std::get<SignedIn>(sign_in("root", kPassword)).token;
  pass(hours(24));
  EXPECT_FALSE(accounts_->find_session(other));
}

TEST_F(AccountsTest, SigningInEndsTheSessionThatTheBrowserHad) {
  open();
  const std::string old = register_root().token;
  const std::string token = std::get<SignedIn>(sign_in("root", kPassword, "127.0.0.1", old)).token;
  EXPECT_NE(token, old);
  EXPECT_FALSE(accounts_->find_session(old));
  EXPECT_TRUE(accounts_->find_session(token));
  // A token that somebody planted is never taken over.
  const std::string planted = random_token();
  EXPECT_NE(std::get<SignedIn>(sign_in("root", kPassword, "127.0.0.1", planted)).token, planted);
  EXPECT_FALSE(accounts_->find_session(planted));
}

TEST_F(AccountsTest, ANewPasswordEndsEverySession) {
  open();
  const SignedIn here = register_root();
  const std::string there = std::get<SignedIn>(sign_in("root", kPassword)).token;
  const auto session = accounts_->find_session(here.token);
  EXPECT_EQ(reason(accounts_->change_password(*session, "wrong", "another good one", here_)),
            Refusal::Reason::kWrongCredentials);
  const auto changed = accounts_->change_password(*session, kPassword, "another good one", here_);
  EXPECT_FALSE(accounts_->find_session(here.token));
  EXPECT_FALSE(accounts_->find_session(there));
  EXPECT_TRUE(accounts_->find_session(std::get<SignedIn>(changed).token));
  EXPECT_EQ(reason(sign_in("root", kPassword)), Refusal::Reason::kWrongCredentials);
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("root", "another good one")));
}

TEST_F(AccountsTest, NothingOfASecretIsStored) {
  open();
  const SignedIn root = register_root();
  const NewKey key = accounts_->make_key(root.user, "script", KeyScope::kRead, {}, here_);
  storage_.flush();
  std::string stored;
  const store::Storage::Reading reader(storage_);
  for (const char* table : {"users", "sessions", "api_keys", "audit", "login_failures"}) {
    auto row = reader->query((std::string("SELECT * FROM ") + table).c_str());
    while (row.step()) {
      for (int column = 0; column < 8; ++column) stored += row.text(column) + "\n";
    }
  }
  EXPECT_NE(stored.find(token_hash(root.token)), std::string::npos);
  EXPECT_EQ(stored.find(root.token), std::string::npos);
  EXPECT_EQ(stored.find(key.text.substr(31)), std::string::npos);
  EXPECT_EQ(stored.find(kPassword), std::string::npos);
}

TEST_F(AccountsTest, KeysWorkUntilTheyExpireOrAreRevoked) {
  open();
  const User root = register_root().user;
  const NewKey key = accounts_->make_key(root, "script", KeyScope::kWrite, clock_.time + hours(1), here_);
  const auto found = accounts_->find_key(key.text);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->user.id, root.id);
  EXPECT_EQ(found->key.scope, KeyScope::kWrite);
  std::string other = key.text;
  other.back() = other.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(accounts_->find_key(other));
  pass(hours(1));
  EXPECT_FALSE(accounts_->find_key(key.text));
  const NewKey second = accounts_->make_key(root, "script", KeyScope::kWrite, {}, here_);
  EXPECT_FALSE(accounts_->revoke_key("nobody", second.key.id, here_));
  EXPECT_TRUE(accounts_->revoke_key(root.id, second.key.id, here_));
  EXPECT_FALSE(accounts_->find_key(second.text));
}

TEST_F(AccountsTest, OldHashesAreRenewedAtSignIn) {
  open();
  const User root = register_root().user;
  std::array<char, crypto_pwhash_STRBYTES> old{};
  ASSERT_EQ(crypto_pwhash_str(old.data(), kPassword, std::string(kPassword).size(), 1, 8192 * 1024), 0);
  store_.replace_hash(root.id, store_.find_user(root.id)->password_hash, old.data());
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("root", kPassword)));
  EXPECT_TRUE(store_.find_user(root.id)->password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("root", kPassword)));
}

TEST_F(AccountsTest, GuessingIsSlowedDownAlsoAfterARestartAndNeverLockedOut) {
  open({.throttle = {.attempts_per_minute_account = 100, .attempts_per_minute_address = 100}});
  add("ann");
  for (int i = 0; i < 6; ++i)
    EXPECT_EQ(reason(sign_in("ann", "wrong", "192.0.2.1")), Refusal::Reason::kWrongCredentials);
  auto refused = sign_in("ann", kPassword, "192.0.2.1");
  EXPECT_EQ(reason(refused), Refusal::Reason::kThrottled);
  EXPECT_EQ(std::get<Refusal>(refused).retry_after, seconds(1));
  open({.throttle = {.attempts_per_minute_account = 100, .attempts_per_minute_address = 100}});
  EXPECT_EQ(reason(sign_in("ann", kPassword, "192.0.2.1")), Refusal::Reason::kThrottled);
  for (int i = 0; i < 20; ++i) {
    pass(seconds(900));
    EXPECT_EQ(reason(sign_in("ann", "wrong", "192.0.2.1")), Refusal::Reason::kWrongCredentials) << i;
  }
  refused = sign_in("ann", kPassword, "192.0.2.1");
  EXPECT_EQ(std::get<Refusal>(refused).retry_after, seconds(900));
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("ann", kPassword, "192.0.2.2")));
  clock_.time -= hours(24 * 365);  // the wait does not grow when the clock is set back
  EXPECT_LE(std::get<Refusal>(sign_in("ann", kPassword, "192.0.2.1")).retry_after, seconds(900));
  clock_.time += hours(24 * 365);
  pass(seconds(900));
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("ann", kPassword, "192.0.2.1")));
}

TEST_F(AccountsTest, AttackersElsewhereDoNotKeepTheOwnerOut) {
  open();
  add("ann");
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("ann", kPassword, "192.0.2.1")));
  int tried = 0;
  for (int i = 0; i < 30; ++i) {
    const auto result = sign_in("ann", "wrong", "198.51.100." + std::to_string(i));
    if (reason(result) == Refusal::Reason::kWrongCredentials) ++tried;
  }
  EXPECT_EQ(tried, 4);  // five a minute on the account, one of which was the owner's
  EXPECT_EQ(reason(sign_in("ann", kPassword, "203.0.113.9")), Refusal::Reason::kThrottled);
  EXPECT_TRUE(std::holds_alternative<SignedIn>(sign_in("ann", kPassword, "192.0.2.1")));
}

TEST_F(AccountsTest, AnAddressMayTryTwentyTimesAMinute) {
  open();
  int tried = 0;
  for (int i = 0; i < 40; ++i) {
    const auto result = sign_in("user" + std::to_string(i), "wrong", "2001:db8::" + std::to_string(i + 1));
    if (reason(result) == Refusal::Reason::kWrongCredentials) ++tried;
  }
  EXPECT_EQ(tried, 20);
  pass(minutes(1));
  EXPECT_EQ(reason(sign_in("user", "wrong", "2001:db8::1")), Refusal::Reason::kWrongCredentials);
}

TEST_F(AccountsTest, QuotasComeFromTheUserElseFromTheSettings) {
  open({.quota = {.stored_bytes = 1000, .jobs_per_day = 10, .media_per_day = minutes(60)}, .max_queued_jobs = 7});
  const User root = register_root().user;
  User ann = add("ann");
  EXPECT_EQ(accounts_->limits_of(ann).stored_bytes, 1000U);
  EXPECT_EQ(accounts_->limits_of(ann).queued_jobs, 7);
  EXPECT_EQ(accounts_->limits_of(root).stored_bytes, std::nullopt);
  EXPECT_EQ(accounts_->limits_of(root).queued_jobs, 7);
  ann.quota.jobs_per_day = 0;
  EXPECT_EQ(accounts_->limits_of(ann).jobs_per_day, 0);
  EXPECT_EQ(accounts_->limits_of(ann).media_per_day, minutes(60));
}

TEST_F(AccountsTest, SweepsWhatHasExpired) {
  std::vector<AuditRecord> archived;
  open({.max_sessions = 2000, .keep_audit = std::chrono::days(30), .archive_audit = [&](const auto& records) {
          archived.insert(archived.end(), records.begin(), records.end());
        }});
  const SignedIn root = register_root();
  for (int i = 0; i < 520; ++i) {
    store_.add_session({.id = "s" + std::to_string(i),
                        .user_id = root.user.id,
                        .token_hash = token_hash(std::to_string(i)),
                        .created_at = clock_.time,
                        .last_used_at = clock_.time,
                        .expires_at = clock_.time + hours(1)},
                       2000);
  }
  sign_in("nobody", "wrong");
  pass(hours(2));
  EXPECT_EQ(accounts_->sweep([] { return false; }), 520);
  EXPECT_TRUE(accounts_->find_session(root.token));
  pass(hours(24 * 31));
  EXPECT_EQ(accounts_->sweep([] { return true; }), 0);
  EXPECT_EQ(accounts_->sweep([] { return false; }), 3);  // the session, the failure, the older of two records
  ASSERT_EQ(archived.size(), 1U);
  EXPECT_EQ(archived[0].entry.event, "auth.register");
  EXPECT_EQ(store_.list_audit(0, 10).back().previous, archived[0].hash);
}

TEST_F(AccountsTest, SecretsAndControlCharactersStayOutOfTheRecord) {
  open();
  register_root();
  sign_in("root\r\nforged=1", "s3cret passphrase");
  for (const AuditRecord& record : store_.list_audit(0, 100)) {
    const std::string all = record.entry.actor + record.entry.subject + record.entry.detail + record.entry.address;
    EXPECT_EQ(all.find("s3cret"), std::string::npos);
    EXPECT_EQ(all.find("forged"), std::string::npos);
  }
}

}  // namespace
}  // namespace voxlate::accounts
