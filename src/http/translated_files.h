#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/mutex.h"

namespace voxlate::http {

/// Files translated for clients that fetch them with a second request: the newest, for a while, in memory. Thread-safe.
class TranslatedFiles {
 public:
  struct File {
    std::string id;  ///< random, with an extension
    std::string owner;
    std::string name;
    std::string content;
  };

  static constexpr std::size_t kMostBytes = 16 << 20;
  static constexpr std::chrono::minutes kKept{30};

  /// Returns the id.
  std::string add(std::string owner, std::string name, std::string_view extension, std::string content) {
    const MutexLock lock(mutex_);
    bytes_ += content.size();
    files_.push_back({.added = Clock::now(),
                      .file = {.id = random_id() + std::string(extension),
                               .owner = std::move(owner),
                               .name = std::move(name),
                               .content = std::move(content)}});
    std::string id = files_.back().file.id;
    forget_old();
    return id;
  }

  std::optional<File> find(std::string_view id) {
    const MutexLock lock(mutex_);
    forget_old();
    for (const Kept& kept : files_) {
      if (kept.file.id == id) return kept.file;
    }
    return std::nullopt;
  }

 private:
  using Clock = std::chrono::steady_clock;
  struct Kept {
    Clock::time_point added;
    File file;
  };

  void forget_old() REQUIRES(mutex_) {
    while (!files_.empty() && (bytes_ > kMostBytes || files_.front().added + kKept < Clock::now())) {
      bytes_ -= files_.front().file.content.size();
      files_.pop_front();
    }
  }

  Mutex mutex_;
  std::deque<Kept> files_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace voxlate::http
