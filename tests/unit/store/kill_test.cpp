// kill -9 at random moments: what was acknowledged is there afterwards.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <random>
#include <sstream>

#include "base/file.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "store/database.h"
#include "tests/contract/opened_job_store.h"

namespace voxlate::store {
namespace {

constexpr TimePoint kStart{std::chrono::milliseconds(1'800'000'000'000)};
constexpr int kKills = 30;
constexpr int kWindows = 3;

contract::OpenedJobStore open(const std::filesystem::path& path) {
  return contract::OpenedJobStore({.path = path, .ballast_bytes = 0});
}

/// The child: works on jobs for ever and acknowledges each call that returned, one line each.
[[noreturn]] void work(const std::filesystem::path& path, int acks) {
  const auto acknowledge = [acks](const std::string& what, const std::string& id) {
    write_all(acks, what + " " + id + "\n");
  };
  contract::OpenedJobStore store = open(path);
  for (std::uint64_t round = 0;; ++round) {
    NewJob job;
    job.id = random_id();
    store.enqueue(job, kStart);
    acknowledge("enqueued", job.id);
    // Also those that an earlier child left.
    for (std::optional<ClaimedJob> claimed; (claimed = store.claim_next("child", kStart, std::chrono::hours(1), {}));) {
      const std::string& id = claimed->job.id;
      acknowledge("claimed", id);
      for (int window = 0; window < kWindows; ++window) {
        store.checkpoint(claimed->lease, {.stage = "window", .key = std::to_string(window), .payload = "{}"}, kStart);
        acknowledge("checkpointed", id);
      }
      if (round % 3 == 2) {
        store.remove(id);
        acknowledge("removed", id);
      } else {
        store.finish(claimed->lease, {}, kStart);
        acknowledge("finished", id);
      }
    }
  }
}

/// What the acknowledgements say of one job.
struct Expected {
  int claims = 0;
  int windows_of_claim = 0;  ///< a new claim writes the same windows again
  int windows = 0;
  bool finished = false;
  bool removed = false;
};
using Ledger = std::map<std::string, Expected>;

void note(const std::string& line, Ledger& ledger) {
  std::istringstream words(line);
  std::string what;
  std::string id;
  words >> what >> id;
  Expected& job = ledger[id];
  if (what == "claimed") {
    ++job.claims;
    job.windows_of_claim = 0;
  }
  if (what == "checkpointed") job.windows = std::max(job.windows, ++job.windows_of_claim);
  if (what == "finished") job.finished = true;
  if (what == "removed") job.removed = true;
}

/// Runs the child until it gave `patience` acknowledgements, kills it in whatever it does then, and notes all it
/// acknowledged.
void run_and_kill(const std::filesystem::path& path, int patience, Ledger& ledger) {
  int ends[2] = {-1, -1};
  ASSERT_EQ(::pipe(ends), 0);
  UniqueFd reading(ends[0]);
  UniqueFd writing(ends[1]);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    reading.reset();
    work(path, writing.get());
  }
  writing.reset();
  std::string line;
  char c = 0;
  int heard = 0;
  while (::read(reading.get(), &c, 1) == 1) {
    if (c != '\n') {
      line += c;
      continue;
    }
    note(line, ledger);
    line.clear();
    if (++heard == patience) ::kill(child, SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL) << "the child ended by itself";
}

void expect_kept(const Ledger& ledger, const SqliteJobStore& store) {
  for (const auto& [id, expected] : ledger) {
    const std::optional<Job> job = store.get(id);
    if (expected.removed) {
      EXPECT_FALSE(job) << id;
      continue;
    }
    // A removal that was done but not yet acknowledged is right, too.
    const bool may_be_removed = expected.windows >= kWindows && !expected.finished;
    if (!job && may_be_removed) continue;
    ASSERT_TRUE(job) << id;
    EXPECT_GE(job->attempt, expected.claims) << id;
    EXPECT_TRUE(!expected.finished || job->state == JobState::kCompleted) << id;
    if (job->state != JobState::kCompleted) {
      EXPECT_GE(static_cast<int>(store.checkpoints(id, "window").size()), std::min(expected.windows, kWindows)) << id;
    }
  }
}

TEST(StoreKill, NothingAcknowledgedIsLost) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "voxlate.db";
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  Ledger ledger;
  for (int kill = 0; kill < kKills && !testing::Test::HasFailure(); ++kill) {
    run_and_kill(path, std::uniform_int_distribution<int>(1, 60)(random), ledger);
    {
      contract::OpenedJobStore store = open(path);
      expect_kept(ledger, store);
      store.requeue_orphans("parent", /*max_crashes=*/1000, kStart);
    }
    Database database(path, Database::Access::kReadOnly);
    Statement check = database.query("PRAGMA integrity_check");
    ASSERT_TRUE(check.step());
    EXPECT_EQ(check.text(0), "ok");
  }
  EXPECT_GT(ledger.size(), static_cast<std::size_t>(kKills)) << "the children did something";
}

}  // namespace
}  // namespace voxlate::store
