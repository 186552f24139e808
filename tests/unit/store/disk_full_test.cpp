// A full disk, on a small tmpfs in a mount namespace of a child process.

#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <iostream>

#include "base/file.h"
#include "base/ids.h"
#include "base/temporary_folder.h"
#include "tests/contract/opened_job_store.h"
#include "voxlate/error.h"

namespace voxlate::store {
namespace {

constexpr TimePoint kStart{std::chrono::milliseconds(1'800'000'000'000)};
constexpr std::chrono::milliseconds kLease = std::chrono::seconds(30);
constexpr std::uint64_t kBallastBytes = 1 << 20;
constexpr int kNoMount = 77;

/// Throws with `what` unless `fact`.
void require(bool fact, const std::string& what) {
  if (!fact) throw std::runtime_error("expected " + what);
}

/// Whether `call` throws kStorageFull.
bool is_refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code() == ErrorCode::kStorageFull;
  }
  return false;
}

NewJob new_job() {
  NewJob job;
  job.id = random_id();
  job.spec.source_name = std::string(2000, 'x');
  return job;
}

/// Takes all the room there is.
void fill_disk(const std::filesystem::path& file) {
  const UniqueFd fd = create_file(file);
  for (const std::size_t size_bytes : {65536U, 4096U, 1U}) {
    is_refused([&] {
      for (;;) write_all(fd.get(), std::string(size_bytes, 'x'));
    });
  }
}

void work_on_a_full_disk(const std::filesystem::path& folder) {
  contract::OpenedJobStore store({.path = folder / "voxlate.db", .ballast_bytes = kBallastBytes});
  const std::filesystem::path ballast = folder / "voxlate.db-ballast";
  const std::string done = store.enqueue(new_job(), kStart).job.id;
  store.finish(store.claim_next("server", kStart, kLease, {})->lease, {}, kStart);
  const std::string running = store.enqueue(new_job(), kStart).job.id;
  const Lease lease = store.claim_next("server", kStart, kLease, {})->lease;
  const std::string queued = store.enqueue(new_job(), kStart).job.id;

  fill_disk(folder / "filler");
  int added = 0;
  require(is_refused([&] {
            for (; added < 10'000; ++added) store.enqueue(new_job(), kStart);
          }),
          "new jobs to be refused in the end");
  require(std::filesystem::exists(ballast), "the ballast to be kept from new jobs");
  require(static_cast<int>(store.ids().size()) == 3 + added, "a list, and nothing of the refused job");
  require(is_refused([&] {
            const std::string payload(100'000, 'x');
            store.checkpoint(lease, {.stage = "window", .key = "1", .payload = payload}, kStart);
          }),
          "a checkpoint to be refused");

  for (int beat = 0; beat < 50; ++beat) {
    require(store.heartbeat(lease, {}, kStart, kLease) == LeaseState::kHeld, "heartbeats to go on");
  }
  require(store.request_cancel(queued, kStart).state == JobState::kCancelled, "the cancel of a queued job to work");
  store.request_cancel(running, kStart);
  require(store.confirm_cancel(lease, kStart), "the cancel of a running job to work");
  require(store.remove(done), "a delete to work");
  require(!std::filesystem::exists(ballast), "the ballast to be used");
  require(is_refused([&] { store.enqueue(new_job(), kStart); }), "no new job to take the ballast's room");

  std::filesystem::remove(folder / "filler");
  store.enqueue(new_job(), kStart);
  require(std::filesystem::exists(ballast), "the ballast to be back");
}

void open_on_a_full_disk(const std::filesystem::path& folder) {
  const Storage::Options options = {.path = folder / "voxlate.db", .ballast_bytes = kBallastBytes};
  NewJob job = new_job();
  contract::OpenedJobStore(options).enqueue(job, kStart);
  fill_disk(folder / "filler");
  contract::OpenedJobStore store(options);
  require(store.ids().size() == 1, "a list after a start on the full disk");
  require(store.remove(job.id), "a delete after a start on the full disk");
}

/// Mounts a disk of 4 MiB on `folder` that only this process sees; false where that is not allowed.
bool mount_small_disk(const std::filesystem::path& folder) {
  const std::string user = "0 " + std::to_string(::geteuid()) + " 1";
  const std::string group = "0 " + std::to_string(::getegid()) + " 1";
  if (::unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  std::ofstream("/proc/self/uid_map") << user;
  std::ofstream("/proc/self/setgroups") << "deny";
  std::ofstream("/proc/self/gid_map") << group;
  return ::mount("none", folder.c_str(), "tmpfs", 0, "size=4m") == 0;
}

/// Runs `work` on a disk of 4 MiB in a child; returns its exit status, kNoMount where that is not allowed.
int on_small_disk(const std::filesystem::path& folder, void (*work)(const std::filesystem::path&)) {
  const pid_t child = ::fork();
  if (child == 0) {
    if (!mount_small_disk(folder)) ::_exit(kNoMount);
    try {
      work(folder);
    } catch (const std::exception& error) {
      std::cerr << error.what() << std::endl;
      ::_exit(1);
    }
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

class DiskFull : public ::testing::TestWithParam<void (*)(const std::filesystem::path&)> {};

TEST_P(DiskFull, OnlyGrowthIsRefused) {
  const TemporaryFolder folder;
  const int status = on_small_disk(folder.path(), GetParam());
  if (status == kNoMount) GTEST_SKIP() << "this process may not mount a small disk";
  EXPECT_EQ(status, 0);
}

INSTANTIATE_TEST_SUITE_P(Stages, DiskFull, ::testing::Values(work_on_a_full_disk, open_on_a_full_disk),
                         [](const auto& test) { return test.index == 0 ? "Running" : "Starting"; });

}  // namespace
}  // namespace voxlate::store
