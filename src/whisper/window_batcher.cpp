#include "whisper/window_batcher.h"

#include <exception>
#include <span>
#include <utility>

namespace voxlate::whisper {
namespace {

class WindowItem final : public nn::BatchItem {
 public:
  WindowItem(WindowBatcher::Request request, std::stop_token stop)
      : BatchItem({.job = request.job, .priority = request.priority, .stop = std::move(stop)}),
        request_(std::move(request)) {}

  std::future<WindowBatcher::Result> result() { return promise_.get_future(); }

  bool is_encoded() const { return request_.audio != nullptr; }
  WindowAudio audio() const {
    return {.samples = request_.samples, .before = {}, .whole = request_.decoding.whole_windows};
  }
  void set_encoded(std::shared_ptr<const EncodedAudio> audio) { request_.audio = std::move(audio); }

  void begin(const Network& network, const Tokenizer& tokenizer, DecoderSession& session) {
    try {
      decoder_ = std::make_unique<WindowDecoder>(network, tokenizer, session, request_.decoding, request_.audio,
                                                 request_.prompt);
    } catch (...) {
      failure_ = std::current_exception();
    }
  }

  void accept(std::span<float> logits) { decoder_->accept(logits); }

  void request(std::vector<DecoderSession::Input>& inputs) override {
    if (decoder_ != nullptr) decoder_->request(inputs);
  }

  bool finished() const override { return failure_ != nullptr || decoder_->finished(); }

  void succeed() override {
    if (failure_ != nullptr) return promise_.set_exception(failure_);
    WindowBatcher::Result result{.decoded = decoder_->result(), .audio = std::move(request_.audio)};
    decoder_.reset();
    promise_.set_value(std::move(result));
  }

  void fail(const std::exception_ptr& reason) override {
    decoder_.reset();
    promise_.set_exception(reason);
  }

 private:
  WindowBatcher::Request request_;
  std::promise<WindowBatcher::Result> promise_;
  std::unique_ptr<WindowDecoder> decoder_;
  std::exception_ptr failure_;
};

WindowItem& window(const std::unique_ptr<nn::BatchItem>& item) { return static_cast<WindowItem&>(*item); }

class WindowModel final : public nn::BatchModel {
 public:
  WindowModel(const Network& network, const Tokenizer& tokenizer) : network_(network), tokenizer_(tokenizer) {}

  std::unique_ptr<DecoderSession> new_session() override { return network_.new_session(); }

  void begin(std::span<const std::unique_ptr<nn::BatchItem>> items, DecoderSession& session) override {
    std::vector<WindowAudio> windows;
    for (const auto& item : items) {
      if (!window(item).is_encoded()) windows.push_back(window(item).audio());
    }
    const auto encoded = network_.encode(windows);
    auto next = encoded.begin();
    for (const auto& item : items) {
      if (!window(item).is_encoded()) window(item).set_encoded(*next++);
      window(item).begin(network_, tokenizer_, session);
    }
  }

  void accept(std::span<const std::unique_ptr<nn::BatchItem>> items, std::span<const std::size_t> rows,
              std::span<float> logits) override {
    const auto vocabulary = static_cast<std::size_t>(network_.shape().n_vocab);
    for (std::size_t i = 0; i < items.size(); ++i) {
      if (rows[i] > 0) window(items[i]).accept(logits.first(rows[i] * vocabulary));
      logits = logits.subspan(rows[i] * vocabulary);
    }
  }

 private:
  const Network& network_;
  const Tokenizer& tokenizer_;
};

}  // namespace

WindowBatcher::WindowBatcher(const Network& network, const Tokenizer& tokenizer, const Options& options)
    : batcher_(std::make_unique<WindowModel>(network, tokenizer),
               {.items = "windows", .places = options.max_windows, .max_begun = options.max_encoded}) {}

std::future<WindowBatcher::Result> WindowBatcher::submit(Request request, std::stop_token stop) {
  auto item = std::make_unique<WindowItem>(std::move(request), std::move(stop));
  std::future<Result> result = item->result();
  batcher_.submit(std::move(item));
  return result;
}

}  // namespace voxlate::whisper
