#include "translation/null_flush_pipeline.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

/// How soon a requested stop is noticed while the programs are silent.
constexpr std::chrono::milliseconds kStopLatency{50};
constexpr std::size_t kReadBytes = 16 << 10;

/// Far more than any translation of `sent_bytes` needs.
constexpr std::size_t max_answer_bytes(std::size_t sent_bytes) { return (64 << 10) + 16 * sent_bytes; }

/// Cuts the answers out of the bytes as they come.
class AnswerReader {
 public:
  void add(std::string_view bytes) {
    total_bytes_ += bytes.size();
    for (std::size_t end = bytes.find('\0'); end != std::string_view::npos; end = bytes.find('\0')) {
      current_ += bytes.substr(0, end);
      answers_.push_back(std::move(current_));
      current_.clear();
      bytes.remove_prefix(end + 1);
    }
    current_ += bytes;
  }

  std::size_t total_bytes() const { return total_bytes_; }
  std::size_t count() const { return answers_.size(); }
  bool has_rest() const { return !current_.empty(); }
  std::vector<std::string> take() { return std::move(answers_); }

 private:
  std::vector<std::string> answers_;
  std::string current_;
  std::size_t total_bytes_ = 0;
};

std::string join(std::span<const std::string> messages) {
  std::string joined;
  for (const std::string& message : messages) {
    joined += message;
    joined += '\0';
  }
  return joined;
}

}  // namespace

std::vector<std::string> NullFlushPipeline::exchange(std::span<const std::string> messages,
                                                     std::chrono::milliseconds limit, const std::stop_token& stop) {
  const std::string sent = join(messages);
  const auto deadline = std::chrono::steady_clock::now() + limit;
  std::string_view unsent = sent;
  AnswerReader answers;
  std::array<char, kReadBytes> buffer{};
  while (answers.count() < messages.size()) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the translation was stopped");
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      throw Error(ErrorCode::kTimeout,
                  "a translation program did not answer within " + std::to_string(limit.count()) + " ms");
    processes_.wait(/*or_writable=*/!unsent.empty(), std::min(left, kStopLatency));
    // Reading first: programs that cannot write do not read either.
    const ProcessPipeline::ReadResult got = processes_.read_some(buffer);
    if (got.ended) throw Error(ErrorCode::kUnavailable, "a translation program has ended");
    answers.add({buffer.data(), got.size_bytes});
    if (answers.total_bytes() > max_answer_bytes(sent.size()))
      throw Error(ErrorCode::kUnavailable, "a translation program answers without end");
    if (!unsent.empty()) unsent.remove_prefix(processes_.write_some(unsent));
  }
  if (answers.count() > messages.size() || answers.has_rest())
    throw Error(ErrorCode::kUnavailable, "a translation program answers more than it was asked");
  return answers.take();
}

}  // namespace voxlate::translation
