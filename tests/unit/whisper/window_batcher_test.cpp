#include "whisper/window_batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/whisper/net/test_networks.h"
#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"
#include "voxlate/error.h"

namespace voxlate::whisper {
namespace {

class BatchedWindows : public ::testing::TestWithParam<Computing> {};

TEST_P(BatchedWindows, SayTheSameAloneAndInCompany) {
  const SmallNetwork network(GetParam());
  const Tokenizer tokenizer(network->vocabulary(), network->shape().n_vocab);
  DecodingOptions options;
  options.temperatures = {0, 0.8F};
  std::vector<DecodedWindow> alone;
  for (unsigned seed = 0; seed < 9; ++seed) {
    options.beam_size = seed % 2 == 0 ? 1 : 3;
    WindowBatcher batcher(*network, tokenizer, {.max_windows = 1});
    alone.push_back(batcher.submit({.samples = noise(seed), .decoding = options, .prompt = {}}, {}).get().decoded);
  }
  WindowBatcher batcher(*network, tokenizer, {.max_windows = 4});
  std::vector<std::future<WindowBatcher::Result>> together;
  for (unsigned seed = 0; seed < 9; ++seed) {
    options.beam_size = seed % 2 == 0 ? 1 : 3;
    together.push_back(batcher.submit({.samples = noise(seed), .decoding = options, .prompt = {}}, {}));
  }
  bool all_the_same = true;
  for (std::size_t i = 0; i < alone.size(); ++i) {
    const DecodedWindow got = together[i].get().decoded;
    EXPECT_EQ(got.tokens, alone[i].tokens) << "window " << i;
    if (GetParam().is_exact()) {
      EXPECT_EQ(got.logprobs, alone[i].logprobs) << "window " << i;
    } else {
      EXPECT_THAT(got.logprobs, ::testing::Pointwise(::testing::FloatNear(1e-4F), alone[i].logprobs)) << "window " << i;
    }
    EXPECT_FALSE(got.tokens.empty());
    all_the_same = all_the_same && got.tokens == alone[0].tokens;
  }
  EXPECT_FALSE(all_the_same) << "the windows must differ for this test to mean something";
}

INSTANTIATE_TEST_SUITE_P(Ways, BatchedWindows, ::testing::ValuesIn(ways_of_computing()),
                         [](const auto& suite) { return name_of(suite.param); });

/// Says one word after the other, never the same, and never ends.
ScriptedNetwork::Script endless(const Tokenizer& tokenizer) {
  return [&tokenizer](std::span<const int> tokens, std::span<float> logits) {
    const std::size_t n = tokens.size();
    logits[n == 3 ? static_cast<std::size_t>(tokenizer.timestamp_begin()) : 'a' + (n * 2654435761U >> 13U) % 23] = 20;
  };
}

ErrorCode code_of(std::future<WindowBatcher::Result>& result) {
  try {
    result.get();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "expected an error";
  return ErrorCode::kInternal;
}

TEST(WindowBatcher, AStopEndsAWindowBetweenTwoSteps) {
  const Tokenizer tokenizer = small_tokenizer({});
  std::stop_source stop;
  const ScriptedNetwork::Script speak = endless(tokenizer);
  int steps = 0;
  const ScriptedNetwork network(tokenizer, [&](std::span<const int> tokens, std::span<float> logits) {
    if (++steps == 10) stop.request_stop();
    speak(tokens, logits);
  });
  {
    WindowBatcher batcher(network, tokenizer, {});
    DecodingOptions options;
    options.beam_size = 1;
    auto result = batcher.submit({.samples = {}, .decoding = options, .prompt = {}}, stop.get_token());
    EXPECT_EQ(code_of(result), ErrorCode::kCancelled);
  }
  EXPECT_EQ(steps, 10);
  EXPECT_EQ(network.open_sequences(), 0);
}

TEST(WindowBatcher, WhatItHasNotFinishedEndsWithIt) {
  const Tokenizer tokenizer = small_tokenizer({});
  std::promise<void> running;
  const ScriptedNetwork::Script speak = endless(tokenizer);
  const ScriptedNetwork network(
      tokenizer,
      [&, first = true](std::span<const int> tokens, std::span<float> logits) mutable {
        if (std::exchange(first, false)) running.set_value();
        speak(tokens, logits);
      },
      /*n_text_ctx=*/1 << 20);
  auto batcher = std::make_unique<WindowBatcher>(network, tokenizer, WindowBatcher::Options{.max_windows = 1});
  DecodingOptions options;
  options.beam_size = 1;
  auto first = batcher->submit({.samples = {}, .decoding = options, .prompt = {}}, {});
  auto second = batcher->submit({.samples = {}, .decoding = options, .prompt = {}}, {});
  running.get_future().wait();
  batcher.reset();
  EXPECT_EQ(code_of(first), ErrorCode::kCancelled);
  EXPECT_EQ(code_of(second), ErrorCode::kCancelled);
}

TEST(WindowBatcher, AFailedStepFailsThoseInItAndNoOther) {
  const Tokenizer tokenizer = small_tokenizer({});
  bool fail = true;
  const ScriptedNetwork network(tokenizer, [&](std::span<const int> tokens, std::span<float> logits) {
    if (std::exchange(fail, false)) throw Error(ErrorCode::kOutOfMemory, "no memory");
    logits[static_cast<std::size_t>(tokens.size() == 3   ? tokenizer.timestamp_begin()
                                    : tokens.size() == 4 ? 'a'
                                    : tokens.size() == 5 ? tokenizer.timestamp_begin() + 50
                                                         : tokenizer.eot())] = 20;
  });
  WindowBatcher batcher(network, tokenizer, {.max_windows = 1});
  auto first = batcher.submit({.samples = {}, .decoding = {}, .prompt = {}}, {});
  EXPECT_EQ(code_of(first), ErrorCode::kOutOfMemory);
  EXPECT_EQ(batcher.submit({.samples = {}, .decoding = {}, .prompt = {}}, {}).get().decoded.tokens.size(), 3U);
}

TEST(WindowBatcher, AShortJobDoesNotWaitForALongOneAndAnUrgentOneForNobody) {
  const Tokenizer tokenizer = small_tokenizer({});
  std::promise<void> running;
  std::promise<void> submitted;
  std::future<void> all = submitted.get_future();
  std::vector<int> begun;  // the context of each window
  const ScriptedNetwork network(tokenizer, [&](std::span<const int> tokens, std::span<float> logits) mutable {
    constexpr std::size_t kStart = 5;  // mark of the context, the context, start, language, task
    if (tokens.size() == kStart) begun.push_back(tokens[1]);
    if (begun.size() == 1 && all.valid()) {
      running.set_value();
      all.get();
    }
    logits[static_cast<std::size_t>(tokens.size() == kStart       ? tokenizer.timestamp_begin()
                                    : tokens.size() == kStart + 1 ? 'a'
                                    : tokens.size() == kStart + 2 ? tokenizer.timestamp_begin() + 50
                                                                  : tokenizer.eot())] = 20;
  });
  WindowBatcher batcher(network, tokenizer, {.max_windows = 2});
  DecodingOptions options;
  options.beam_size = 1;
  std::vector<std::future<WindowBatcher::Result>> results;
  const auto submit = [&](const void* job, int context, Priority priority = Priority::kNormal) {
    results.push_back(batcher.submit(
        {.samples = {}, .decoding = options, .prompt = {.context = {context}}, .job = job, .priority = priority}, {}));
  };
  const int film = 0;
  const int clip = 0;
  const int urgent = 0;
  submit(&film, 10);
  running.get_future().wait();
  for (const int window : {11, 12, 13}) submit(&film, window);
  submit(&clip, 20);
  submit(&urgent, 30, Priority::kUrgent);
  submitted.set_value();
  for (auto& result : results) result.get();
  EXPECT_THAT(begun, ::testing::ElementsAre(10, 30, 20, 11, 12, 13));
}

}  // namespace
}  // namespace voxlate::whisper
