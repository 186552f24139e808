#include "nn/batcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <future>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::nn {
namespace {

using testing::Contains;
using testing::ElementsAre;

/// Takes `steps` steps; its end is a text.
class Item final : public BatchItem {
 public:
  Item(int name, std::size_t length, int steps, Owner owner)
      : BatchItem(std::move(owner)), name_(name), length_(length), steps_(steps) {}

  std::future<std::string> end() { return end_.get_future(); }
  int name() const { return name_; }
  void take_step() { --steps_; }
  std::size_t length() const override { return length_; }
  void request(std::vector<DecoderSession::Input>& inputs) override {
    if (!finished()) inputs.push_back({.sequence = name_, .tokens = {&name_, 1}});
  }
  bool finished() const override { return steps_ <= 0; }
  void succeed() override { end_.set_value("done"); }
  void fail(const std::exception_ptr& reason) override {
    try {
      std::rethrow_exception(reason);
    } catch (const std::exception& error) {
      end_.set_value(error.what());
    }
  }

 private:
  const int name_;
  const std::size_t length_;
  int steps_;
  std::promise<std::string> end_;
};

Item& item_of(const std::unique_ptr<BatchItem>& item) { return static_cast<Item&>(*item); }

/// What a model did, and what it is to do instead. The batcher's thread writes, who awaited an item's end reads.
struct Script {
  std::vector<std::vector<int>> begun;  ///< names, in each go
  std::vector<std::vector<int>> steps;
  int sessions = 0;
  std::function<void(std::span<const std::unique_ptr<BatchItem>>)> on_begin = [](const auto&) {};
  std::function<void(const std::vector<int>&)> on_step = [](const auto&) {};
};

class Session final : public DecoderSession {
 public:
  explicit Session(Script& script) : script_(script) {}
  int open(std::shared_ptr<const EncodedSource>) override { return 0; }
  int fork(int) override { return 0; }
  void close(int) override {}
  int length(int) const override { return 0; }
  std::span<float> step(std::span<const Input> inputs) override {
    auto& names = script_.steps.emplace_back();
    for (const Input& input : inputs) names.push_back(input.sequence);
    script_.on_step(names);
    logits_.resize(inputs.size());
    return logits_;
  }

 private:
  Script& script_;
  std::vector<float> logits_;
};

class Model final : public BatchModel {
 public:
  explicit Model(Script& script) : script_(script) {}
  std::unique_ptr<DecoderSession> new_session() override {
    ++script_.sessions;
    return std::make_unique<Session>(script_);
  }
  void begin(std::span<const std::unique_ptr<BatchItem>> items, DecoderSession&) override {
    auto& names = script_.begun.emplace_back();
    for (const auto& item : items) names.push_back(item_of(item).name());
    script_.on_begin(items);
  }
  void accept(std::span<const std::unique_ptr<BatchItem>> items, std::span<const std::size_t> rows,
              std::span<float> logits) override {
    EXPECT_EQ(items.size(), rows.size());
    EXPECT_EQ(logits.size(), static_cast<std::size_t>(std::count(rows.begin(), rows.end(), 1U)));
    for (const auto& item : items) item_of(item).take_step();
  }

 private:
  Script& script_;
};

/// A batcher whose first item, 0, waits in its first step until everything else was submitted.
class BatcherTest : public testing::Test {
 protected:
  void start(std::size_t places, std::size_t max_begun = 1) {
    script_.on_step = [this, hook = std::move(script_.on_step)](const std::vector<int>& names) {
      if (script_.steps.size() == 1) {
        running_.set_value();
        all_.get_future().wait();
      }
      hook(names);
    };
    batcher_ = std::make_unique<Batcher>(std::make_unique<Model>(script_),
                                         Batcher::Options{.items = "items", .places = places, .max_begun = max_begun});
    submit(0, &first_job_, /*length=*/1);
    running_.get_future().wait();
  }

  void submit(int name, const void* job, std::size_t length = 1, Priority priority = Priority::kNormal, int steps = 2,
              std::stop_token stop = {}) {
    auto item = std::make_unique<Item>(name, length, steps,
                                       BatchItem::Owner{.job = job, .priority = priority, .stop = std::move(stop)});
    ends_.push_back(item->end());
    batcher_->submit(std::move(item));
  }

  /// How each ended, in the order of submission.
  std::vector<std::string> finish() {
    all_.set_value();
    std::vector<std::string> ends;
    for (auto& end : ends_) ends.push_back(end.get());
    return ends;
  }

  std::vector<int> order() const {
    std::vector<int> names;
    for (const auto& go : script_.begun) names.insert(names.end(), go.begin(), go.end());
    return names;
  }

  const int first_job_ = 0;
  const int second_job_ = 0;
  const int third_job_ = 0;
  Script script_;
  std::promise<void> running_;
  std::promise<void> all_;
  std::vector<std::future<std::string>> ends_;
  std::unique_ptr<Batcher> batcher_;  // the last: it ends first
};

TEST_F(BatcherTest, BeginsTheUrgentTheOneWithFewestAndTheLongestFirst) {
  start(/*places=*/2);
  for (const int name : {1, 2, 3}) submit(name, &first_job_, static_cast<std::size_t>(name));
  submit(4, &first_job_, 3);
  submit(20, &second_job_, 1);
  submit(21, &second_job_, 9);
  submit(30, &third_job_, 1, Priority::kUrgent);
  submit(31, &third_job_, 2, Priority::kUrgent);
  EXPECT_THAT(finish(), testing::Each("done"));
  // Of two places and three jobs each has one at a time; when the urgent job has its own, 21 is of the job with fewest.
  EXPECT_THAT(order(), ElementsAre(0, 31, 21, 30, 3, 20, 4, 2, 1));
}

TEST_F(BatcherTest, OneJobLeavesAPlaceFreeAndSeveralShareThem) {
  start(/*places=*/6, /*max_begun=*/6);
  for (int name = 1; name < 20; ++name) submit(name, &first_job_);
  finish();
  for (const auto& step : script_.steps) EXPECT_LE(step.size(), 5U);
  EXPECT_EQ(script_.steps[1].size(), 5U);
}

TEST_F(BatcherTest, JobsHaveEqualShares) {
  start(/*places=*/6, /*max_begun=*/6);
  for (int name = 1; name < 20; ++name) submit(name, &first_job_);
  for (int name = 101; name < 120; ++name) submit(name, &second_job_);
  for (int name = 201; name < 220; ++name) submit(name, &third_job_);
  finish();
  const std::vector<int>& step = script_.steps[1];
  for (const int job : {0, 1, 2})
    EXPECT_EQ(std::count_if(step.begin(), step.end(), [&](int name) { return name / 100 == job; }), 2);
}

TEST_F(BatcherTest, JoinsAtMostSoManyAtOnce) {
  start(/*places=*/8, /*max_begun=*/3);
  for (int name = 1; name < 12; ++name) submit(name, &first_job_);
  finish();
  for (const auto& go : script_.begun) EXPECT_LE(go.size(), 3U);
  EXPECT_EQ(script_.begun[1].size(), 3U);
}

TEST_F(BatcherTest, AStopEndsAnItemWhereverItIs) {
  std::stop_source live;
  std::stop_source waiting;
  script_.on_step = [&](const std::vector<int>& names) {
    if (std::find(names.begin(), names.end(), 2) != names.end()) live.request_stop();
  };
  start(/*places=*/3);
  submit(1, &second_job_, 1, Priority::kLow, 2, waiting.get_token());
  submit(2, &second_job_, 1, Priority::kUrgent, 1000, live.get_token());
  submit(3, &second_job_);
  waiting.request_stop();
  EXPECT_THAT(finish(), ElementsAre("done", "cancelled while computing", "cancelled while computing", "done"));
  EXPECT_THAT(order(), testing::Not(Contains(1))) << "it never began";
  const auto taken = std::count_if(script_.steps.begin(), script_.steps.end(), [](const auto& names) {
    return std::find(names.begin(), names.end(), 2) != names.end();
  });
  EXPECT_EQ(taken, 1) << "it left within the step in which it was stopped";
}

TEST_F(BatcherTest, AFailedStepEndsThoseInItAndANewSessionBegins) {
  script_.on_step = [&](const std::vector<int>& names) {
    if (names.size() == 2) throw Error(ErrorCode::kInternal, "broken");
  };
  start(/*places=*/3, /*max_begun=*/3);
  submit(1, &first_job_, 5);
  submit(2, &first_job_, 1);
  EXPECT_THAT(finish(), ElementsAre("broken", "broken", "done"));
  EXPECT_EQ(script_.sessions, 2);
}

TEST_F(BatcherTest, WhatCannotBeginFailsAndTheOthersGoOn) {
  script_.on_begin = [](std::span<const std::unique_ptr<BatchItem>> items) {
    if (item_of(items[0]).name() == 1) throw Error(ErrorCode::kInvalidInput, "no such token");
  };
  start(/*places=*/3);
  submit(1, &first_job_);
  submit(2, &first_job_);
  EXPECT_THAT(finish(), ElementsAre("done", "no such token", "done"));
  EXPECT_EQ(script_.sessions, 1);
}

void expect_half_as_many(Script& script, std::size_t before, std::size_t after) {
  std::size_t most = 0;
  for (auto step = script.steps.begin() + 2; step != script.steps.end(); ++step) most = std::max(most, step->size());
  EXPECT_EQ(script.steps[1].size(), before);
  EXPECT_EQ(most, after);
}

TEST_F(BatcherTest, DecodesHalfAsManyWhenADevicesMemoryWasShort) {
  script_.on_step = [&](const std::vector<int>&) {
    if (script_.steps.size() == 2) throw Error(ErrorCode::kOutOfMemory, "no memory");
  };
  start(/*places=*/9, /*max_begun=*/9);
  for (int name = 1; name < 30; ++name) submit(name, &first_job_);
  const std::vector<std::string> ends = finish();
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "no memory"), 8);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "done"), 22);
  expect_half_as_many(script_, 8, 3);  // of four places one is left free
}

TEST_F(BatcherTest, DecodesHalfAsManyWhenMainMemoryWasShort) {
  script_.on_step = [&](const std::vector<int>&) {
    if (script_.steps.size() == 2) throw std::bad_alloc();
  };
  start(/*places=*/9, /*max_begun=*/9);
  for (int name = 1; name < 30; ++name) submit(name, &first_job_);
  finish();
  expect_half_as_many(script_, 8, 3);
}

TEST_F(BatcherTest, OtherFailuresLeaveAllPlaces) {
  script_.on_step = [&](const std::vector<int>&) {
    if (script_.steps.size() == 2) throw Error(ErrorCode::kInternal, "broken");
  };
  start(/*places=*/9, /*max_begun=*/9);
  for (int name = 1; name < 30; ++name) submit(name, &first_job_);
  finish();
  expect_half_as_many(script_, 8, 8);
}

TEST_F(BatcherTest, NeverDecodesFewerThanOne) {
  script_.on_step = [&](const std::vector<int>&) {
    if (script_.steps.size() < 6) throw Error(ErrorCode::kOutOfMemory, "no memory");
  };
  start(/*places=*/2);
  for (int name = 1; name < 8; ++name) submit(name, &first_job_);
  const std::vector<std::string> ends = finish();
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "no memory"), 5);
  EXPECT_EQ(std::count(ends.begin(), ends.end(), "done"), 3);
}

TEST_F(BatcherTest, WhatIsLeftEndsWithIt) {
  start(/*places=*/3);
  submit(1, &first_job_, 1, Priority::kNormal, /*steps=*/1 << 30);
  submit(2, &first_job_, 1, Priority::kNormal, /*steps=*/1 << 30);
  submit(3, &first_job_, 1, Priority::kNormal, /*steps=*/1 << 30);
  all_.set_value();
  EXPECT_EQ(ends_[0].get(), "done");
  batcher_.reset();
  for (std::size_t i = 1; i < ends_.size(); ++i) EXPECT_EQ(ends_[i].get(), "cancelled while computing");
}

}  // namespace
}  // namespace voxlate::nn
