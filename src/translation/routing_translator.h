#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "translation/sentence_engine.h"
#include "translation/sentence_joiner.h"
#include "voxlate/translator.h"

namespace voxlate::translation {

/// Translates transcripts with the sentence engines it owns: straight where one has the pair, else over one
/// language between (English before Spanish before the others in alphabetical order). Of engines with the same
/// pair the earlier one is taken. Thread-safe.
class RoutingTranslator final : public Translator {
 public:
  explicit RoutingTranslator(std::vector<std::unique_ptr<SentenceEngine>> engines, const JoinOptions& join = {});
  ~RoutingTranslator() override;

  std::vector<TranslationRoute> routes() const override;

  /// A route to exactly the tags asked for comes before one that only has the languages.
  std::optional<TranslationRoute> route(std::string_view source, std::string_view target) const override;

  /// Besides what the seam says: throws `kTimeout` when an engine hangs. The message of `kUnsupported` lists what
  /// there is. Notes are those of the translation only.
  Transcript translate(const Transcript& transcript, std::string_view target, Progress& progress,
                       std::stop_token stop) override;

 private:
  struct Step {
    SentenceEngine* engine = nullptr;
    EnginePair pair;
  };
  struct Route {
    TranslationRoute info;
    std::vector<Step> steps;
  };

  const Route* find(std::string_view source, std::string_view target) const;
  std::string describe_missing(std::string_view source, std::string_view target) const;

  const std::vector<std::unique_ptr<SentenceEngine>> engines_;
  const JoinOptions join_;
  std::vector<Route> routes_;  ///< direct ones first, each kind ordered by source and target; constant
};

}  // namespace voxlate::translation
