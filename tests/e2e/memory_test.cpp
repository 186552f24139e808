// The server in a cgroup of its own, beside a program that takes memory away from it.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <fstream>
#include <functional>
#include <optional>
#include <sstream>
#include <thread>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "spoken_words.h"

namespace voxlate::e2e {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMb = 1 << 20;
constexpr std::uint64_t kLimit = 700 * kMb;

/// A memory cgroup (version 1 or 2) within the one that the test runs in. It ends with its last process.
class MemoryGroup {
 public:
  /// Nothing where groups cannot be made.
  static std::unique_ptr<MemoryGroup> make() {
    for (const auto& [parent, limit] :
         {std::pair{own_folder("memory"), "memory.limit_in_bytes"}, std::pair{own_folder(""), "memory.max"}}) {
      if (parent.empty()) continue;
      const std::filesystem::path folder = parent / ("voxlate_test_" + std::to_string(getpid()));
      std::error_code refused;
      if (!std::filesystem::create_directory(folder, refused)) continue;
      auto group = std::unique_ptr<MemoryGroup>(new MemoryGroup(folder));
      if (write(folder / limit, std::to_string(kLimit))) return group;
    }
    return nullptr;
  }
  ~MemoryGroup() { rmdir(folder_.c_str()); }
  MemoryGroup(const MemoryGroup&) = delete;
  MemoryGroup& operator=(const MemoryGroup&) = delete;

  bool add(pid_t pid) const { return write(folder_ / "cgroup.procs", std::to_string(pid)); }

 private:
  explicit MemoryGroup(std::filesystem::path folder) : folder_(std::move(folder)) {}

  static bool write(const std::filesystem::path& file, const std::string& text) {
    std::ofstream stream(file);
    stream << text;
    stream.flush();
    return stream.good();
  }

  /// Of this process, in the hierarchy with that controller; "" is version 2.
  static std::filesystem::path own_folder(const std::string& controller) {
    std::ifstream groups("/proc/self/cgroup");
    const std::string wanted = ":" + controller + ":";
    for (std::string line; std::getline(groups, line);) {
      const std::size_t found = line.find(wanted);
      if (found == std::string::npos) continue;
      const std::filesystem::path mount = std::filesystem::path("/sys/fs/cgroup") / controller;
      return mount / line.substr(found + wanted.size() + 1);
    }
    return {};
  }

  const std::filesystem::path folder_;
};

/// A process that holds as many megabytes as it is told to. Ends with the object.
class Hog {
 public:
  Hog() {
    if (pipe(orders_) != 0 || pipe(answers_) != 0) throw std::runtime_error("no pipe");
    pid_ = fork();
    if (pid_ == 0) obey();
    close(orders_[0]);
    close(answers_[1]);
  }
  ~Hog() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(orders_[1]);
    close(answers_[0]);
  }
  Hog(const Hog&) = delete;
  Hog& operator=(const Hog&) = delete;

  pid_t pid() const { return pid_; }

  std::uint64_t holds_mb() const { return holds_mb_; }

  /// Returns when it holds them. False: it is dead.
  bool hold(std::uint64_t megabytes) {
    std::uint64_t held = 0;
    holds_mb_ = megabytes;
    return write(orders_[1], &megabytes, sizeof megabytes) == sizeof megabytes &&
           read(answers_[0], &held, sizeof held) == sizeof held;
  }

 private:
  [[noreturn]] void obey() const {
    void* memory = nullptr;
    std::uint64_t size = 0;
    std::uint64_t megabytes = 0;
    while (read(orders_[0], &megabytes, sizeof megabytes) == sizeof megabytes) {
      if (memory != nullptr) munmap(memory, size);
      size = megabytes * kMb;
      memory = size == 0 ? nullptr : mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
      if (memory != nullptr) std::memset(memory, 1, size);
      if (write(answers_[1], &megabytes, sizeof megabytes) != sizeof megabytes) break;
    }
    _exit(0);
  }

  int orders_[2] = {};
  int answers_[2] = {};
  pid_t pid_ = -1;
  std::uint64_t holds_mb_ = 0;
};

void say_three_words(const std::filesystem::path& wav) {
  SpokenWords speech;
  speech.pause(0.5);
  for (std::size_t i = 0; i < 3; ++i) {
    speech.say(test_words()[i].first, {"en-us+m4", 145, 45});
    speech.pause(0.2);
  }
  speech.write(wav);
}

json memory_of(const ServerProcess& server) { return get(server, "/api/system/status").json.at("memory"); }

std::string level_of(const ServerProcess& server) { return memory_of(server).at("watch").at("level"); }

bool becomes(const std::function<bool()>& what, std::chrono::seconds within) {
  const auto end = std::chrono::steady_clock::now() + within;
  while (std::chrono::steady_clock::now() < end) {
    if (what()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return what();
}

// Six models, eight jobs that run or wait, then a neighbour that takes memory until nothing may start, and until
// nothing is accepted. Nothing is killed, nothing is lost, and when the neighbour leaves, everything ends well.
TEST(Memory, IsReleasedInStagesAndNothingIsKilled) {
  const std::unique_ptr<MemoryGroup> group = MemoryGroup::make();
  if (!group) GTEST_SKIP() << "memory cgroups cannot be made here";
  if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
  const TemporaryFolder data;
  const std::filesystem::path speech = data / "speech.wav";
  say_three_words(speech);
  std::filesystem::create_directories(data / "models");
  std::vector<std::string> models;
  for (int i = 0; i < 6; ++i) {
    models.push_back("copy-" + std::to_string(i));
    std::filesystem::copy_file(test_words_model(), data / ("models/ggml-" + models.back() + ".bin"));
  }
  const ServerProcess server(data.path(), {"--set", "models.max_loaded=6", "--set", "memory.adaptive=false"});
  Hog hog;
  ASSERT_TRUE(group->add(server.pid()) && group->add(hog.pid()));
  ASSERT_TRUE(becomes([&] { return memory_of(server).at("total_bytes") == kLimit; }, std::chrono::seconds(5)))
      << memory_of(server).dump();

  std::vector<std::string> jobs;
  const auto submit_one = [&] {
    return submit(server, speech,
                  {{"model", models[jobs.size() % models.size()]}, {"language", "en"}, {"cache", "false"}});
  };
  for (int i = 0; i < 6; ++i) {
    const Response accepted = submit_one();
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    jobs.push_back(accepted.json.at("id"));
  }
  for (const std::string& id : jobs) EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
  EXPECT_EQ(get(server, "/api/system/status").json.at("models").size(), 6U);

  const auto fill = [&](int percent) {
    const std::uint64_t used_mb = memory_of(server).at("used_bytes").get<std::uint64_t>() / kMb;
    return hog.hold(hog.holds_mb() + kLimit / kMb * percent / 100 - used_mb);
  };

  ASSERT_TRUE(fill(94)) << "the neighbour was killed";
  ASSERT_TRUE(
      becomes([&] { return get(server, "/api/system/status").json.at("models").empty(); }, std::chrono::seconds(10)))
      << "models that nobody uses are freed";
  json memory = memory_of(server);
  EXPECT_GE(memory.at("watch").at("releases"), 1);
  EXPECT_EQ(memory.at("watch").at("latest").at(0).at("cause"), "high");

  ASSERT_TRUE(hog.hold(0));
  ASSERT_TRUE(becomes([&] { return level_of(server) == "normal"; }, std::chrono::seconds(10)));
  ASSERT_TRUE(fill(88));
  ASSERT_TRUE(becomes([&] { return level_of(server) == "high"; }, std::chrono::seconds(10)))
      << memory_of(server).dump();
  for (int i = 0; i < 14; ++i) {
    const Response accepted = submit_one();
    ASSERT_EQ(accepted.status, 202) << accepted.body;
    jobs.push_back(accepted.json.at("id"));
  }
  ASSERT_TRUE(becomes(
      [&] {
        const json waiting = get(server, "/api/jobs/" + jobs[6]).json.at("waiting_for");
        return waiting.is_object() && waiting.at("reason") == "memory";
      },
      std::chrono::seconds(10)));
  EXPECT_EQ(get(server, "/api/system/status").json.at("queue").at("queued"), 14) << "nothing starts";

  ASSERT_TRUE(fill(95));
  ASSERT_TRUE(becomes([&] { return level_of(server) == "critical"; }, std::chrono::seconds(10)))
      << memory_of(server).dump();
  const Response refused = submit_one();
  EXPECT_EQ(refused.status, 503) << refused.body;
  EXPECT_EQ(refused.json.at("code"), "out_of_memory");
  EXPECT_GT(refused.json.at("retry_after"), 0);
  EXPECT_EQ(get(server, "/readyz").status, 503);
  EXPECT_EQ(get(server, "/livez").status, 200);

  ASSERT_TRUE(hog.hold(0)) << "the neighbour was killed";
  EXPECT_TRUE(becomes([&] { return memory_of(server).at("percent") < 75; }, std::chrono::seconds(30)));
  for (const std::string& id : jobs) EXPECT_EQ(wait_until_finished(server, id).at("status"), "completed");
  EXPECT_TRUE(server.is_alive());
  EXPECT_NE(server.log().find("High memory usage: "), std::string::npos);
  EXPECT_NE(server.log().find("Memory pressure detected: "), std::string::npos);
  EXPECT_NE(server.log().find("Memory cleanup completed freed_mb="), std::string::npos);
}

TEST(Memory, AJobThatCanNeverFitFailsAtOnceAndSaysWhy) {
  if (!has_program("espeak-ng")) GTEST_SKIP() << "needs Debian's package espeak-ng";
  const TemporaryFolder data;
  const std::filesystem::path speech = data / "speech.wav";
  say_three_words(speech);
  std::filesystem::create_directories(data / "models");
  std::filesystem::copy_file(test_words_model(), data / "models/ggml-test-words.bin");
  const ServerProcess server(data.path(), {"--set", "memory.limit_bytes=64M"});
  const Response accepted = submit(server, speech, {{"model", "test-words"}, {"language", "en"}});
  ASSERT_EQ(accepted.status, 202) << accepted.body;
  const json job = wait_until_finished(server, accepted.json.at("id"));
  EXPECT_EQ(job.at("status"), "failed");
  EXPECT_NE(job.at("error").at("message").get<std::string>().find("MB of memory"), std::string::npos) << job.dump();
}

}  // namespace
}  // namespace voxlate::e2e
