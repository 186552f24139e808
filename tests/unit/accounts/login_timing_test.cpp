// Whether the time of an answer tells if there is such a user. By the processor time of the thread, so that other
// programs on the machine do not decide.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <vector>

#include "accounts/accounts.h"
#include "base/clock.h"
#include "base/temporary_folder.h"
#include "store/sqlite_account_store.h"

namespace voxlate::accounts {
namespace {

constexpr int kRounds = 200;

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

double median(std::vector<double> values) {
  std::ranges::nth_element(values, values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2));
  return values[values.size() / 2];
}

TEST(LoginTiming, KnownAndUnknownUsersTakeAsLong) {
  const TemporaryFolder folder;
  store::Storage storage({.path = folder.path() / "voxlate.db", .ballast_bytes = 0});
  store::SqliteAccountStore store(storage);
  const SystemClock clock;
  Accounts accounts({.throttle = {.attempts_per_minute_account = 0, .attempts_per_minute_address = 0}}, store, clock);
  accounts.add_user({.name = "ann", .email = "", .password = "correct horse battery"}, "", {});
  std::vector<double> known;
  std::vector<double> unknown;
  for (int i = 0; i < kRounds; ++i) {
    // Another address each time: the waits between failures are not what is measured.
    const Origin origin{.address = "192.0.2." + std::to_string(i), .user_agent = ""};
    for (const bool exists : {i % 2 == 0, i % 2 != 0}) {
      const double start = thread_seconds();
      accounts.sign_in(exists ? "ann" : "bob", "guess", origin, "");
      (exists ? known : unknown).push_back(thread_seconds() - start);
    }
  }
  const double difference_ms = 1000 * (median(known) - median(unknown));
  RecordProperty("known_ms", std::to_string(1000 * median(known)));
  RecordProperty("difference_ms", std::to_string(difference_ms));
  EXPECT_LT(std::abs(difference_ms), 2.0);
}

}  // namespace
}  // namespace voxlate::accounts
