#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "remote/http_client.h"
#include "translation/engine_rests.h"
#include "translation/sentence_batches.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

struct LibreTranslateOptions {
  std::string url;  ///< "http://127.0.0.1:5000"
  std::string key;  ///< empty: none
  remote::HttpOptions http;
  BatchOptions batch;
  std::chrono::milliseconds languages_timeout{5'000};  ///< for the question which languages there are
  std::chrono::seconds ask_again{600};                 ///< when it was answered; else at the next refresh
  SteadyNow now = std::chrono::steady_clock::now;
};

/// A server that speaks LibreTranslate's protocol (github.com/LibreTranslate/LibreTranslate, "API"): GET /languages,
/// POST /translate. Thread-safe.
class LibreTranslateEngine final : public SentenceEngine {
 public:
  /// Asks nobody: there are no pairs before the first `refresh`.
  explicit LibreTranslateEngine(LibreTranslateOptions options);

  std::vector<EnginePair> pairs() const override;
  void refresh(const std::stop_token& stop) override;
  std::string notice() const override;
  std::string kind() const override { return "libretranslate"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kNumbers; }

  /// Every translation was checked: there is one a sentence, and none is empty or absurd. Messages hold neither the
  /// key nor the text.
  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                     const std::string& target, std::stop_token stop) override;

 private:
  /// A direction with the codes that the server has for its languages.
  struct Pair {
    EnginePair pair;
    std::string source_code;
    std::string target_code;
  };

  Pair find(const std::string& source, const std::string& target) const;
  std::vector<Pair> ask_pairs(const std::stop_token& stop);
  BatchAnswer ask(const Pair& pair, const std::vector<std::string>& batch, const std::stop_token& stop);

  const LibreTranslateOptions options_;
  const std::string host_;
  remote::HttpClient translate_client_;
  remote::HttpClient languages_client_;
  mutable Mutex mutex_;
  std::vector<Pair> pairs_ GUARDED_BY(mutex_);
  std::optional<std::chrono::steady_clock::time_point> ask_at_ GUARDED_BY(mutex_);  ///< none: at once
};

}  // namespace voxlate::translation
