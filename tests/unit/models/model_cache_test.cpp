#include "models/model_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <semaphore>
#include <string>
#include <thread>

namespace voxlate::models {
namespace {

using namespace std::chrono_literals;

/// Counts how many of it are alive.
struct FakeModel {
  explicit FakeModel(std::atomic<int>& counter) : alive(counter) { ++alive; }
  ~FakeModel() { --alive; }
  FakeModel(const FakeModel&) = delete;
  FakeModel& operator=(const FakeModel&) = delete;
  std::atomic<int>& alive;
};

class FakeClock final : public Clock {
 public:
  TimePoint now() const override { return TimePoint(time.load()); }
  std::atomic<std::chrono::milliseconds> time{1000ms};
};

class ModelCacheTest : public ::testing::Test {
 protected:
  using Cache = ModelCache<FakeModel>;

  static ModelKey key(const std::string& model) { return {.model = model}; }

  Cache make(std::size_t capacity) {
    return Cache(
        capacity, [this](const ModelKey& key, std::stop_token stop) { return load(key, std::move(stop)); }, clock_);
  }

  Cache::Loaded load(const ModelKey& key, std::stop_token stop) {
    ++loads_;
    if (before_load_) before_load_(key, std::move(stop));
    return {.model = std::make_shared<FakeModel>(alive_), .size_bytes = 100};
  }

  std::vector<std::string> names(const Cache& cache) const {
    std::vector<std::string> names;
    for (const LoadedModel& model : cache.loaded()) names.push_back(model.key.model);
    return names;
  }

  void tick() { clock_.time = clock_.time.load() + 1000ms; }

  FakeClock clock_;
  std::atomic<int> alive_ = 0;
  std::atomic<int> loads_ = 0;
  std::function<void(const ModelKey&, std::stop_token)> before_load_;
};

TEST_F(ModelCacheTest, LoadsOnceAndShares) {
  Cache cache = make(3);
  const auto first = cache.get(key("base"), {});
  const auto second = cache.get(key("base"), {});
  EXPECT_EQ(first, second);
  EXPECT_EQ(loads_, 1);
  ModelKey half = key("base");
  half.compute_type = ComputeType::kFloat16;
  EXPECT_NE(cache.get(half, {}), first) << "another form of it";
}

TEST_F(ModelCacheTest, CountsWhatItLoadedAndFreed) {
  Cache cache = make(2);
  for (const char* model : {"a", "b", "c"}) {
    cache.get(key(model), {});
    tick();
  }
  cache.unload_unused(0ms);
  cache.get(key("a"), {});
  cache.unload("a");
  before_load_ = [](const ModelKey&, const std::stop_token&) { throw Error(ErrorCode::kCorrupt, "broken"); };
  EXPECT_THROW(cache.get(key("d"), {}), Error);
  EXPECT_EQ(cache.created(), 4U);
  EXPECT_EQ(cache.freed(), 4U);
  EXPECT_EQ(alive_, 0);
}

TEST_F(ModelCacheTest, LoadsOnceUnderConcurrency) {
  constexpr int kThreads = 8;
  std::binary_semaphore go(0);
  before_load_ = [&](const ModelKey&, const std::stop_token&) { go.acquire(); };
  Cache cache = make(3);
  std::vector<std::shared_ptr<const FakeModel>> got(kThreads);
  {
    std::barrier start(kThreads + 1);
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&, i] {
        start.arrive_and_wait();
        got[static_cast<std::size_t>(i)] = cache.get(key("base"), {});
      });
    }
    start.arrive_and_wait();
    go.release();
  }
  EXPECT_EQ(loads_, 1);
  for (const auto& model : got) EXPECT_EQ(model, got[0]);
}

TEST_F(ModelCacheTest, DifferentModelsLoadAtTheSameTime) {
  std::barrier both(2);
  before_load_ = [&](const ModelKey&, const std::stop_token&) { both.arrive_and_wait(); };
  Cache cache = make(3);
  std::jthread other([&] { cache.get(key("tiny"), {}); });
  EXPECT_NE(cache.get(key("base"), {}), nullptr);
}

TEST_F(ModelCacheTest, WaitersShareTheErrorAndTheNextTriesAgain) {
  std::binary_semaphore loading(0);
  std::binary_semaphore go(0);
  before_load_ = [&](const ModelKey&, const std::stop_token&) {
    loading.release();
    go.acquire();
    throw Error(ErrorCode::kCorrupt, "broken file");
  };
  Cache cache = make(3);
  const auto code = [&] {
    try {
      cache.get(key("base"), {});
    } catch (const Error& error) {
      return error.code();
    }
    return ErrorCode::kInternal;
  };
  std::atomic<int> corrupt = 0;
  {
    std::jthread first([&] { corrupt += code() == ErrorCode::kCorrupt ? 1 : 0; });
    loading.acquire();
    std::jthread second([&] { corrupt += code() == ErrorCode::kCorrupt ? 1 : 0; });
    go.release();
    // The second either waited for the first's load or, coming later, began its own.
    go.release();
  }
  EXPECT_EQ(corrupt, 2);
  EXPECT_TRUE(cache.loaded().empty());
  before_load_ = nullptr;
  EXPECT_NE(cache.get(key("base"), {}), nullptr);
}

TEST_F(ModelCacheTest, AWaiterCanBeStopped) {
  std::binary_semaphore loading(0);
  std::binary_semaphore go(0);
  before_load_ = [&](const ModelKey&, const std::stop_token&) {
    loading.release();
    go.acquire();
  };
  Cache cache = make(3);
  std::jthread first([&] { cache.get(key("base"), {}); });
  loading.acquire();
  std::stop_source stop;
  std::jthread stopper([&] { stop.request_stop(); });
  try {
    cache.get(key("base"), stop.get_token());
    ADD_FAILURE() << "nobody has loaded it";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCancelled);
  }
  go.release();
}

TEST_F(ModelCacheTest, AStoppedLoadIsBegunAnewByThoseWhoWait) {
  std::binary_semaphore loading(0);
  std::binary_semaphore go(0);
  before_load_ = [&](const ModelKey&, const std::stop_token& stop) {
    if (!stop.stop_possible()) return;
    loading.release();
    go.acquire();
    throw Error(ErrorCode::kCancelled, "stopped");
  };
  Cache cache = make(3);
  std::stop_source stop;
  std::jthread first([&] { EXPECT_THROW(cache.get(key("base"), stop.get_token()), Error); });
  loading.acquire();
  std::shared_ptr<const FakeModel> got;
  std::jthread second([&] { got = cache.get(key("base"), {}); });
  go.release();
  second.join();
  EXPECT_NE(got, nullptr);
}

TEST_F(ModelCacheTest, FreesTheLeastRecentlyUsed) {
  Cache cache = make(2);
  for (const char* name : {"a", "b", "a", "c"}) {
    cache.get(key(name), {});
    tick();
  }
  EXPECT_EQ(names(cache), (std::vector<std::string>{"a", "c"}));
  EXPECT_EQ(alive_, 2);
}

TEST_F(ModelCacheTest, FreesBeforeItLoads) {
  Cache cache = make(1);
  cache.get(key("a"), {});
  before_load_ = [&](const ModelKey&, const std::stop_token&) { EXPECT_EQ(alive_, 0); };
  cache.get(key("b"), {});
  EXPECT_EQ(loads_, 2);
}

TEST_F(ModelCacheTest, NeverFreesOneInUse) {
  Cache cache = make(1);
  auto in_use = cache.get(key("a"), {});
  tick();
  cache.get(key("b"), {});
  EXPECT_EQ(names(cache), (std::vector<std::string>{"a", "b"})) << "over its capacity for the time being";
  tick();
  EXPECT_EQ(cache.get(key("a"), {}), in_use);
  in_use.reset();
  cache.unload_unused(1h);
  EXPECT_EQ(names(cache), (std::vector<std::string>{"a"})) << "b was used longer ago";
}

TEST_F(ModelCacheTest, FreesWhatWasNotUsedForATime) {
  Cache cache = make(3);
  cache.get(key("old"), {});
  auto in_use = cache.get(key("used"), {});
  tick();
  cache.get(key("new"), {});
  EXPECT_EQ(cache.unload_unused(1000ms), 100U);
  EXPECT_EQ(names(cache), (std::vector<std::string>{"new", "used"}));
  in_use.reset();
  EXPECT_EQ(cache.unload_unused(1000ms), 0U) << "it was in use a moment ago";
  tick();
  EXPECT_EQ(cache.unload_unused(1000ms), 200U);
  EXPECT_EQ(alive_, 0);
}

TEST_F(ModelCacheTest, FreesAllThatIsNotInUseOnRequest) {
  Cache cache = make(3);
  const auto in_use = cache.get(key("used"), {});
  cache.get(key("idle"), {});
  EXPECT_EQ(cache.unload_unused(0ms), 100U);
  EXPECT_EQ(names(cache), (std::vector<std::string>{"used"}));
}

TEST_F(ModelCacheTest, UnloadLetsTheLastUserGoOn) {
  Cache cache = make(3);
  auto user = cache.get(key("base"), {});
  cache.unload("base");
  EXPECT_TRUE(cache.loaded().empty());
  EXPECT_EQ(alive_, 1);
  const auto next = cache.get(key("base"), {});
  EXPECT_NE(next, user) << "a new user loads it again";
  user.reset();
  EXPECT_EQ(alive_, 1);
}

TEST_F(ModelCacheTest, UnloadWhileLoadingLeavesNothingBehind) {
  Cache cache = make(3);
  before_load_ = [&](const ModelKey&, const std::stop_token&) { cache.unload("base"); };
  EXPECT_NE(cache.get(key("base"), {}), nullptr);
  EXPECT_TRUE(cache.loaded().empty());
  EXPECT_EQ(alive_, 0);
}

TEST_F(ModelCacheTest, TellsWhatIsLoaded) {
  Cache cache = make(3);
  const auto in_use = cache.get(key("base"), {});
  tick();
  cache.get(key("tiny"), {});
  const auto loaded = cache.loaded();
  ASSERT_EQ(loaded.size(), 2U);
  EXPECT_EQ(loaded[0].key, key("base"));
  EXPECT_EQ(loaded[0].size_bytes, 100U);
  EXPECT_TRUE(loaded[0].in_use);
  EXPECT_FALSE(loaded[1].in_use);
  EXPECT_EQ(loaded[1].last_use - loaded[0].last_use, 1000ms);
}

TEST_F(ModelCacheTest, HoldsUnderManyThreads) {
  Cache cache = make(2);
  {
    std::vector<std::jthread> threads;
    for (int seed = 0; seed < 6; ++seed) {
      threads.emplace_back([&, seed] {
        for (int i = 0; i < 500; ++i) {
          const std::string name(1, static_cast<char>('a' + (seed * 7 + i * 5) % 4));
          const auto model = cache.get(key(name), {});
          ASSERT_NE(model, nullptr);
          if (i % 50 == 0) cache.unload(name);
          if (i % 20 == 0) cache.unload_unused(0ms);
          cache.loaded();
        }
      });
    }
  }
  cache.unload_unused(0ms);
  EXPECT_EQ(alive_, 0);
}

}  // namespace
}  // namespace voxlate::models
