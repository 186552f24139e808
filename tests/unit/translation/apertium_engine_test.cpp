#include "translation/apertium_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <latch>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "fake_modes.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

/// Counts its starts in the file "starts", then does `script`.
std::string counting(const FakeModes& fake, std::string_view script) {
  return "echo x >> '" + fake.path("starts").string() + "'\n" + std::string(script);
}

std::size_t starts(const FakeModes& fake) {
  std::ifstream file(fake.path("starts"));
  std::size_t count = 0;
  for (std::string line; std::getline(file, line);) ++count;
  return count;
}

ApertiumOptions options_of(const FakeModes& fake) {
  return {.modes = fake.options(), .pipelines_per_direction = 1, .request_timeout = 20s, .sentence_timeout = 1s};
}

std::vector<std::string> translate(ApertiumEngine& engine, const std::vector<std::string>& sentences) {
  return engine.translate(sentences, "en", "es", {});
}

template <typename Call>
ErrorCode error_of(Call call) {
  try {
    call();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an Error";
  return ErrorCode::kInternal;
}

TEST(ApertiumEngine, SendsEachSentenceThroughTheWholeRow) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec sed -u -z s/dog/perro/");
  fake.add_program("apertium-transfer", "exec sed -u -z s/perro/gato/");
  fake.add_mode("eng-spa", "lt-proc | apertium-transfer");
  ApertiumEngine engine(options_of(fake));
  EXPECT_THAT(engine.pairs(), ElementsAre(EnginePair{"en", "es", "apertium eng-spa"}));
  EXPECT_THAT(translate(engine, {"A dog.", "", "  ", "x [dog] ^$\\\n@", "dog"}),
              ElementsAre("A gato.", "", "  ", "x [gato] ^$\\\n@", "gato"));
}

TEST(ApertiumEngine, KeepsTheOrderOfManySentencesLargerThanAllPipes) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec cat");
  fake.add_mode("eng-spa", "lt-proc | lt-proc");
  ApertiumEngine engine(options_of(fake));
  std::vector<std::string> sentences;
  for (int i = 0; i < 100; ++i) sentences.push_back(std::to_string(i) + std::string(20'000, 'x'));
  EXPECT_EQ(translate(engine, sentences), sentences);
}

TEST(ApertiumEngine, UsesOneRowForAllCalls) {
  const FakeModes fake;
  fake.add_program("lt-proc", counting(fake, "exec cat"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumEngine engine(options_of(fake));
  EXPECT_EQ(starts(fake), 0U);
  for (int i = 0; i < 20; ++i) translate(engine, {"a", "b"});
  EXPECT_EQ(starts(fake), 1U);
}

TEST(ApertiumEngine, RestartsARowThatDiesOnce) {
  const FakeModes fake;
  // Ends after 20 bytes: "xxxxx.[]" and its NUL are 9.
  fake.add_program("lt-proc", counting(fake, "exec dd bs=1 count=20 status=none"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumEngine engine(options_of(fake));
  for (int i = 0; i < 6; ++i) EXPECT_THAT(translate(engine, {"xxxxx"}), ElementsAre("xxxxx"));
  EXPECT_EQ(starts(fake), 3U);
}

TEST(ApertiumEngine, ARowThatAlwaysDiesIsUnavailable) {
  const FakeModes fake;
  fake.add_program("lt-proc", counting(fake, "exit 1"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumEngine engine(options_of(fake));
  EXPECT_EQ(error_of([&] { translate(engine, {"x"}); }), ErrorCode::kUnavailable);
  EXPECT_EQ(starts(fake), 2U);
  EXPECT_EQ(error_of([&] { translate(engine, {"x"}); }), ErrorCode::kUnavailable);
  EXPECT_EQ(starts(fake), 4U);
}

TEST(ApertiumEngine, ARowThatHangsTimesOutAndTheNextCallStartsAnother) {
  const FakeModes fake;
  fake.add_program("lt-proc", counting(fake, "if [ -e '" + fake.path("works").string() +
                                                 "' ]; then exec cat; fi; trap '' TERM; exec sleep 1000"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumOptions options = options_of(fake);
  options.request_timeout = 200ms;
  options.sentence_timeout = 100ms;
  ApertiumEngine engine(options);
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(error_of([&] { translate(engine, {"x"}); }), ErrorCode::kTimeout);
  EXPECT_GE(std::chrono::steady_clock::now() - start, 300ms);
  EXPECT_THAT(engine.idle_process_ids(), testing::IsEmpty());
  std::ofstream(fake.path("works")) << "";
  EXPECT_THAT(engine.translate(std::vector<std::string>(16, "x"), "en", "es", {}), testing::SizeIs(16));
  EXPECT_EQ(starts(fake), 2U);
}

TEST(ApertiumEngine, AnEndlessAnswerIsStopped) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec yes");
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumEngine engine(options_of(fake));
  EXPECT_EQ(error_of([&] { translate(engine, {"x"}); }), ErrorCode::kUnavailable);
}

TEST(ApertiumEngine, AStopEndsACallThatHangs) {
  const FakeModes fake;
  fake.add_program("lt-proc", counting(fake, "exec sleep 1000"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumEngine engine(options_of(fake));
  std::stop_source stop;
  std::jthread caller([&] {
    EXPECT_EQ(error_of([&] { engine.translate(std::vector<std::string>{"x"}, "en", "es", stop.get_token()); }),
              ErrorCode::kCancelled);
  });
  // A second caller waits for the only place; it is stopped too.
  std::jthread waiter([&] {
    EXPECT_EQ(error_of([&] { engine.translate(std::vector<std::string>{"x"}, "en", "es", stop.get_token()); }),
              ErrorCode::kCancelled);
  });
  stop.request_stop();
}

TEST(ApertiumEngine, CallersOfOneDirectionShareItsRows) {
  const FakeModes fake;
  fake.add_program("lt-proc", counting(fake, "exec cat"));
  fake.add_mode("eng-spa", "lt-proc");
  ApertiumOptions options = options_of(fake);
  options.pipelines_per_direction = 2;
  ApertiumEngine engine(options);
  std::vector<std::jthread> callers;
  std::atomic<int> right = 0;
  std::latch done(8);  // a row dies with the thread that started it: all stay until the last is done
  for (int caller = 0; caller < 8; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < 10; ++i) {
        const std::string text = std::to_string(caller) + " " + std::to_string(i);
        if (translate(engine, {text, text + "b"}) == std::vector<std::string>{text, text + "b"}) ++right;
      }
      done.arrive_and_wait();
    });
  }
  callers.clear();
  EXPECT_EQ(right, 80);
  EXPECT_LE(starts(fake), 2U);
}

TEST(ApertiumEngine, LeavesNoChildBehind) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec cat");
  fake.add_mode("eng-spa", "lt-proc | lt-proc | lt-proc");
  std::vector<pid_t> ids;
  {
    ApertiumEngine engine(options_of(fake));
    translate(engine, {"x"});
    ids = engine.idle_process_ids();
    ASSERT_EQ(ids.size(), 3U);
  }
  for (const pid_t id : ids) EXPECT_EQ(::kill(id, 0), -1);
}

TEST(ApertiumEngine, AnUnknownPairIsUnsupported) {
  const FakeModes fake;
  ApertiumEngine engine(options_of(fake));
  EXPECT_EQ(error_of([&] { translate(engine, {"x"}); }), ErrorCode::kUnsupported);
}

}  // namespace
}  // namespace voxlate::translation
