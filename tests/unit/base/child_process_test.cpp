#include "base/child_process.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

constexpr std::chrono::milliseconds kLong{20'000};

Command shell(std::string script) { return {.program = "/bin/sh", .arguments = {"-c", std::move(script)}}; }

/// Everything up to the end of the output, or up to `size_bytes` of it.
std::string read_output(ProcessPipeline& pipeline, std::size_t size_bytes = std::string::npos) {
  std::string output;
  std::array<char, 4096> buffer{};
  while (output.size() < size_bytes) {
    if (!pipeline.wait(/*or_writable=*/false, kLong)) break;
    const ProcessPipeline::ReadResult got = pipeline.read_some(buffer);
    if (got.ended) break;
    output.append(buffer.data(), got.size_bytes);
  }
  return output;
}

std::string output_of(const Command& command) {
  ProcessPipeline pipeline(std::array{command});
  pipeline.close_input();
  return read_output(pipeline);
}

bool exists(pid_t pid) { return ::kill(pid, 0) == 0; }

TEST(ProcessPipeline, PassesBytesThroughAllPrograms) {
  ProcessPipeline pipeline(std::array{Command{"/bin/cat", {}}, Command{"/usr/bin/tr", {"a-z", "A-Z"}}});
  EXPECT_EQ(pipeline.write_some("hello"), 5U);
  pipeline.close_input();
  EXPECT_EQ(read_output(pipeline), "HELLO");
  EXPECT_EQ(pipeline.process_ids().size(), 2U);
}

TEST(ProcessPipeline, HandsArgumentsOverUnread) {
  EXPECT_EQ(output_of({"/bin/echo", {"-n", "a b", "$HOME", "`id`", "'; exit", "*"}}), "a b $HOME `id` '; exit *");
}

TEST(ProcessPipeline, MovesMoreThanThePipesHoldWithoutBlocking) {
  ProcessPipeline pipeline(std::array{Command{"/bin/cat", {}}, Command{"/bin/cat", {}}});
  const std::string sent(4 << 20, 'x');
  std::string received;
  std::string_view rest = sent;
  std::vector<char> buffer(64 << 10);
  while (received.size() < sent.size()) {
    ASSERT_TRUE(pipeline.wait(/*or_writable=*/!rest.empty(), kLong));
    const ProcessPipeline::ReadResult got = pipeline.read_some(buffer);
    ASSERT_FALSE(got.ended);
    received.append(buffer.data(), got.size_bytes);
    if (!rest.empty()) rest.remove_prefix(pipeline.write_some(rest));
  }
  EXPECT_EQ(received, sent);
}

TEST(ProcessPipeline, WritingToADeadProgramIsAnErrorAndNoSignal) {
  ProcessPipeline pipeline(std::array{Command{"/bin/true", {}}});
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(pipeline.process_ids().front()), &info, WEXITED | WNOWAIT), 0);
  try {
    pipeline.write_some("x");
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  }
}

TEST(ProcessPipeline, AProgramThatDoesNotExistIsUnavailableAndLeavesNoChild) {
  try {
    ProcessPipeline pipeline(std::array{Command{"/bin/cat", {}}, Command{"/no/such/program", {}}});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("cannot start program: No such file"));
  }
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(ProcessPipeline, ChildSeesNoOtherDescriptor) {
  // Without close-on-exec, as some library might leave one.
  const UniqueFd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const UniqueFd leaked(::fcntl(null.get(), F_DUPFD, 50));
  const std::string path = "/proc/$$/fd/" + std::to_string(leaked.get());
  EXPECT_EQ(output_of(shell("[ -e " + path + " ] && echo seen || echo closed")), "closed\n");
}

TEST(ProcessPipeline, ChildSeesALimitedEnvironment) {
  ASSERT_EQ(::setenv("VOXLATE_TEST_SECRET", "secret", 1), 0);
  const std::string environment = output_of({"/usr/bin/env", {}});
  ::unsetenv("VOXLATE_TEST_SECRET");
  EXPECT_THAT(environment, testing::Not(HasSubstr("secret")));
  EXPECT_THAT(environment, HasSubstr("LC_ALL=C.UTF-8\n"));
  EXPECT_THAT(environment, HasSubstr("PATH="));
}

TEST(ProcessPipeline, ChildHasDefaultSignalsInItsOwnGroupAndTheRootFolder) {
  const auto before = ::signal(SIGPIPE, SIG_IGN);
  const std::string status =
      output_of(shell("grep -E 'SigIgn|SigBlk' /proc/self/status; pwd; cut -d' ' -f5 /proc/$$/stat; echo $$"));
  ::signal(SIGPIPE, before);
  EXPECT_THAT(status, HasSubstr("SigBlk:\t0000000000000000\n"));
  EXPECT_THAT(status, HasSubstr("SigIgn:\t0000000000000000\n/\n"));
  const std::string rest = status.substr(status.find("\n/\n") + 3);
  const std::size_t middle = rest.find('\n');
  EXPECT_EQ(rest.substr(0, middle + 1), rest.substr(middle + 1));
}

TEST(ProcessPipeline, DestructionEndsProgramsThatWait) {
  std::vector<pid_t> ids;
  const auto start = std::chrono::steady_clock::now();
  {
    const ProcessPipeline pipeline(std::array{Command{"/bin/sleep", {"1000"}}, Command{"/bin/sleep", {"1000"}}});
    ids = pipeline.process_ids();
    for (const pid_t id : ids) EXPECT_TRUE(exists(id));
  }
  for (const pid_t id : ids) EXPECT_FALSE(exists(id));
  EXPECT_LT(std::chrono::steady_clock::now() - start, ChildProcess::kGrace);
}

TEST(ProcessPipeline, DestructionKillsWhatIgnoresSigtermAndWhatItStarted) {
  std::vector<pid_t> ids;
  pid_t grandchild = 0;
  // What the child leaves behind becomes ours, so that its end can be waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const auto start = std::chrono::steady_clock::now();
  {
    ProcessPipeline pipeline(
        std::array{shell("trap '' TERM; sleep 1000 & echo $!; wait; wait; sleep 1000"), Command{"/bin/cat", {}}});
    ids = pipeline.process_ids();
    grandchild = std::stoi(read_output(pipeline, 2));
    ASSERT_TRUE(exists(grandchild));
  }
  for (const pid_t id : ids) EXPECT_FALSE(exists(id));
  int status = 0;
  ASSERT_EQ(::waitpid(grandchild, &status, 0), grandchild);
  EXPECT_TRUE(WIFSIGNALED(status));
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 4 * ChildProcess::kGrace);
}

TEST(ProcessPipeline, ChildDiesWithAKilledParent) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()), 0);
  const UniqueFd ours(fds[0]);
  UniqueFd theirs(fds[1]);
  // The orphan becomes our child, so that its end can be waited for.
  ASSERT_EQ(::prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
  const pid_t server = ::fork();
  if (server == 0) {
    const ProcessPipeline pipeline(std::array{Command{"/bin/sleep", {"1000"}}});
    const pid_t id = pipeline.process_ids().front();
    if (::write(theirs.get(), &id, sizeof id) != sizeof id) ::_exit(1);
    ::pause();
    ::_exit(0);
  }
  theirs.reset();
  pid_t orphan = 0;
  ASSERT_EQ(::read(ours.get(), &orphan, sizeof orphan), static_cast<ssize_t>(sizeof orphan));
  ASSERT_EQ(::kill(server, SIGKILL), 0);
  ASSERT_EQ(::waitpid(server, nullptr, 0), server);
  int status = 0;
  ASSERT_EQ(::waitpid(orphan, &status, 0), orphan);
  EXPECT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  ::prctl(PR_SET_CHILD_SUBREAPER, 0);
}

TEST(ChildProcess, TellsWhetherItHasEnded) {
  std::array<int, 2> fds{};
  ASSERT_EQ(::pipe2(fds.data(), O_CLOEXEC), 0);
  const UniqueFd read(::fcntl(fds[0], F_DUPFD_CLOEXEC, 3));
  UniqueFd write(::fcntl(fds[1], F_DUPFD_CLOEXEC, 3));
  ::close(fds[0]);
  ::close(fds[1]);
  const UniqueFd nowhere(::open("/dev/null", O_RDWR | O_CLOEXEC));
  const ChildProcess child({"/bin/cat", {}}, read.get(), nowhere.get());
  EXPECT_FALSE(child.has_ended());
  write.reset();
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child.pid()), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(child.has_ended());
}

}  // namespace
}  // namespace voxlate
