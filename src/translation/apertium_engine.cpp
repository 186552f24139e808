#include "translation/apertium_engine.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "base/log.h"
#include "base/mutex.h"
#include "translation/apertium_text.h"
#include "translation/null_flush_pipeline.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

/// Sentences under way at once: enough to keep all programs of a row busy, few enough to share the row.
constexpr std::size_t kBatchSentences = 16;

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n\v\f") == std::string::npos; }

}  // namespace

/// The rows of one direction: at most `places` exist, idle ones are kept. Thread-safe.
class ApertiumEngine::Direction {
 public:
  Direction(ApertiumMode mode, int places) : mode_(std::move(mode)), free_places_(std::max(places, 1)) {}

  const ApertiumMode& mode() const { return mode_; }

  /// Runs the messages through a row, waiting for a free place before. A row that is found dead or dies is
  /// replaced once while `may_restart`, which is then cleared.
  std::vector<std::string> exchange(std::span<const std::string> messages, std::chrono::milliseconds limit,
                                    const std::stop_token& stop, bool& may_restart) {
    Place place(*this, stop);
    try {
      return place.exchange(messages, limit, stop);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kUnavailable || !may_restart) throw;
      log::warning("translation programs restarted", {{"mode", mode_.name}, {"reason", error.what()}});
    }
    may_restart = false;
    return place.exchange(messages, limit, stop);
  }

  std::vector<pid_t> idle_process_ids() const {
    const MutexLock lock(mutex_);
    std::vector<pid_t> ids;
    for (const auto& row : idle_) {
      const std::vector<pid_t> more = row->process_ids();
      ids.insert(ids.end(), more.begin(), more.end());
    }
    return ids;
  }

 private:
  /// One of the places, taken, with the row that was last in it.
  class Place {
   public:
    Place(Direction& direction, const std::stop_token& stop) : direction_(direction), row_(direction.acquire(stop)) {}
    ~Place() { direction_.release(std::move(row_)); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    /// Starts a row where there is none; after an Error there is none.
    std::vector<std::string> exchange(std::span<const std::string> messages, std::chrono::milliseconds limit,
                                      const std::stop_token& stop) {
      std::unique_ptr<NullFlushPipeline> row = std::move(row_);
      if (!row) row = std::make_unique<NullFlushPipeline>(direction_.mode_.commands);
      std::vector<std::string> answers = row->exchange(messages, limit, stop);
      if (!std::all_of(answers.begin(), answers.end(), is_whole_answer))
        throw Error(ErrorCode::kUnavailable, "a translation program has ended in the middle of a sentence");
      row_ = std::move(row);
      return answers;
    }

   private:
    Direction& direction_;
    std::unique_ptr<NullFlushPipeline> row_;
  };

  std::unique_ptr<NullFlushPipeline> acquire(const std::stop_token& stop) NO_THREAD_SAFETY_ANALYSIS {
    const MutexLock lock(mutex_);
    if (!place_freed_.wait(mutex_, stop, [this]() NO_THREAD_SAFETY_ANALYSIS { return free_places_ > 0; }))
      throw Error(ErrorCode::kCancelled, "the translation was stopped");
    --free_places_;
    if (idle_.empty()) return nullptr;
    std::unique_ptr<NullFlushPipeline> row = std::move(idle_.back());
    idle_.pop_back();
    return row;
  }

  void release(std::unique_ptr<NullFlushPipeline> row) {
    const MutexLock lock(mutex_);
    ++free_places_;
    if (row) idle_.push_back(std::move(row));
    place_freed_.notify_one();
  }

  const ApertiumMode mode_;
  mutable Mutex mutex_;
  ConditionVariable place_freed_;
  int free_places_ GUARDED_BY(mutex_);
  std::vector<std::unique_ptr<NullFlushPipeline>> idle_ GUARDED_BY(mutex_);
};

ApertiumEngine::ApertiumEngine(const ApertiumOptions& options) : options_(options) {
  ApertiumModes modes = find_apertium_modes(options.modes);
  unusable_ = std::move(modes.unusable);
  for (ApertiumMode& mode : modes.usable)
    directions_.push_back(std::make_unique<Direction>(std::move(mode), options.pipelines_per_direction));
}

ApertiumEngine::~ApertiumEngine() = default;

std::vector<EnginePair> ApertiumEngine::pairs() const {
  std::vector<EnginePair> pairs;
  pairs.reserve(directions_.size());
  for (const auto& direction : directions_) {
    const ApertiumMode& mode = direction->mode();
    pairs.push_back({.source = mode.source, .target = mode.target, .name = "apertium " + mode.name});
  }
  return pairs;
}

std::string ApertiumEngine::notice() const {
  return "Translated by the rules of Apertium: good for the gist, with wrong words and grammar to be expected.";
}

ApertiumEngine::Direction& ApertiumEngine::direction(const std::string& source, const std::string& target) const {
  for (const auto& direction : directions_) {
    if (direction->mode().source == source && direction->mode().target == target) return *direction;
  }
  throw Error(ErrorCode::kUnsupported, "no Apertium pair from " + source + " to " + target + " is installed");
}

std::vector<std::string> ApertiumEngine::translate(std::span<const std::string> sentences, const std::string& source,
                                                   const std::string& target, std::stop_token stop) {
  Direction& wanted = direction(source, target);
  std::vector<std::string> translations(sentences.begin(), sentences.end());
  std::vector<std::size_t> pending;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (!is_blank(sentences[i])) pending.push_back(i);
  }
  bool may_restart = true;
  for (std::size_t begin = 0; begin < pending.size(); begin += kBatchSentences) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the translation was stopped");
    const std::size_t count = std::min(kBatchSentences, pending.size() - begin);
    std::vector<std::string> messages;
    for (std::size_t i = 0; i < count; ++i) messages.push_back(to_apertium_stream(sentences[pending[begin + i]]));
    const std::chrono::milliseconds limit =
        options_.request_timeout + static_cast<int>(count) * options_.sentence_timeout;
    const std::vector<std::string> answers = wanted.exchange(messages, limit, stop, may_restart);
    for (std::size_t i = 0; i < count; ++i) translations[pending[begin + i]] = from_apertium_stream(answers[i]);
  }
  return translations;
}

std::vector<pid_t> ApertiumEngine::idle_process_ids() const {
  std::vector<pid_t> ids;
  for (const auto& direction : directions_) {
    const std::vector<pid_t> more = direction->idle_process_ids();
    ids.insert(ids.end(), more.begin(), more.end());
  }
  return ids;
}

}  // namespace voxlate::translation
