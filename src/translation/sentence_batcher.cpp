#include "translation/sentence_batcher.h"

#include <algorithm>
#include <exception>
#include <memory>
#include <span>
#include <utility>

namespace voxlate::translation {
namespace {

class SentenceItem final : public nn::BatchItem {
 public:
  SentenceItem(const Network& network, SentenceBatcher::Request request, std::stop_token stop)
      : BatchItem({.job = request.job, .priority = request.priority, .stop = std::move(stop)}),
        network_(network),
        request_(std::move(request)) {}

  std::future<SentenceBatcher::Result> result() { return promise_.get_future(); }
  std::span<const int> tokens() const { return request_.tokens; }
  std::size_t length() const override { return request_.tokens.size(); }

  void begin(std::shared_ptr<const nn::EncodedSource> source, nn::DecoderSession& session) {
    source_ = std::move(source);
    search_ = std::make_unique<SentenceSearch>(SentenceSearch::Setting{.session = session,
                                                                       .end = request_.end,
                                                                       .never = request_.never,
                                                                       .prompt = request_.prompt,
                                                                       .options = request_.search},
                                               source_);
  }

  void request(std::vector<nn::DecoderSession::Input>& inputs) override { search_->request(inputs); }
  SentenceSearch& search() { return *search_; }
  bool finished() const override { return search_->finished(); }

  void succeed() override {
    try {
      SentenceBatcher::Result result;
      for (Hypothesis& hypothesis : search_->results()) {
        std::vector<int> sources = unknown_sources(hypothesis.tokens);
        result.push_back({.hypothesis = std::move(hypothesis), .unknown_sources = std::move(sources)});
      }
      search_.reset();
      promise_.set_value(std::move(result));
    } catch (...) {
      fail(std::current_exception());
    }
  }

  void fail(const std::exception_ptr& reason) override {
    search_.reset();
    promise_.set_exception(reason);
  }

 private:
  /// What the last token before an unknown one looks at is what the unknown one stands for.
  std::vector<int> unknown_sources(std::span<const int> tokens) const {
    std::vector<int> sources(tokens.size(), -1);
    if (std::find(tokens.begin(), tokens.end(), request_.unknown) == tokens.end()) return sources;
    std::vector<int> read = request_.prompt;
    read.insert(read.end(), tokens.begin(), tokens.end() - 1);  // nothing follows the last one, which may not fit
    const std::vector<int> attended = network_.attended(source_, read);
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (tokens[i] == request_.unknown) sources[i] = attended[request_.prompt.size() + i - 1];
    }
    return sources;
  }

  const Network& network_;
  const SentenceBatcher::Request request_;
  std::promise<SentenceBatcher::Result> promise_;
  std::shared_ptr<const nn::EncodedSource> source_;
  std::unique_ptr<SentenceSearch> search_;
};

SentenceItem& sentence(const std::unique_ptr<nn::BatchItem>& item) { return static_cast<SentenceItem&>(*item); }

class SentenceModel final : public nn::BatchModel {
 public:
  explicit SentenceModel(const Network& network) : network_(network) {}

  std::unique_ptr<nn::DecoderSession> new_session() override { return network_.new_session(); }

  void begin(std::span<const std::unique_ptr<nn::BatchItem>> items, nn::DecoderSession& session) override {
    std::vector<std::span<const int>> sentences;
    for (const auto& item : items) sentences.push_back(sentence(item).tokens());
    auto encoded = network_.encode(sentences);
    for (std::size_t i = 0; i < items.size(); ++i) sentence(items[i]).begin(std::move(encoded[i]), session);
  }

  void accept(std::span<const std::unique_ptr<nn::BatchItem>> items, std::span<const std::size_t> rows,
              std::span<float> logits) override {
    const auto vocabulary = static_cast<std::size_t>(network_.shape().target_vocabulary);
    std::size_t total = 0;
    std::size_t candidates = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      sentence(items[i]).search().mask(logits.subspan(total * vocabulary, rows[i] * vocabulary), vocabulary);
      total += rows[i];
      candidates = std::max(candidates, sentence(items[i]).search().candidates());
    }
    const auto best = network_.best_tokens(logits.first(total * vocabulary), total, candidates);
    std::size_t row = 0;
    for (std::size_t i = 0; i < items.size(); ++i) {
      sentence(items[i]).search().advance(std::span(best).subspan(row, rows[i]));
      row += rows[i];
    }
  }

 private:
  const Network& network_;
};

}  // namespace

SentenceBatcher::SentenceBatcher(const Network& network, const Options& options)
    : network_(network),
      batcher_(std::make_unique<SentenceModel>(network),
               {.items = "sentences", .places = options.max_sentences, .max_begun = options.max_sentences}) {}

std::future<SentenceBatcher::Result> SentenceBatcher::submit(Request request, std::stop_token stop) {
  auto item = std::make_unique<SentenceItem>(network_, std::move(request), std::move(stop));
  std::future<Result> result = item->result();
  batcher_.submit(std::move(item));
  return result;
}

}  // namespace voxlate::translation
