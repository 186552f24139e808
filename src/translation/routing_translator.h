#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "base/mutex.h"
#include "translation/engine_rests.h"
#include "translation/route_table.h"
#include "translation/sentence_cache.h"
#include "translation/sentence_engine.h"
#include "translation/sentence_joiner.h"
#include "voxlate/translator.h"

namespace voxlate::translation {

struct RoutingOptions {
  JoinOptions join;
  std::chrono::milliseconds rest{60'000};  ///< an engine that hung, or failed twice in a row, is not asked so long
  Cache* cache = nullptr;                  ///< for sentences that come again; outlives the translator; null: none
  SteadyNow now = std::chrono::steady_clock::now;
};

/// Translates transcripts with the sentence engines it owns: straight where one has the pair, else over one
/// language between (English before Spanish before the others in alphabetical order). Of engines with the same
/// pair the earlier one is taken. Where an engine fails or hangs, the next best way over other engines is taken for
/// these sentences, with a line in the log and a note in the result. Thread-safe.
class RoutingTranslator final : public Translator {
 public:
  explicit RoutingTranslator(std::vector<std::unique_ptr<SentenceEngine>> engines, RoutingOptions options = {});
  ~RoutingTranslator() override;

  /// Lets the engines look for what they can do now, and takes that over. Blocks as long as they do; translations go
  /// on meanwhile. Throws what the last engine that could not look threw, after the others have looked.
  void refresh(const std::stop_token& stop);

  /// Takes over what the engines can do now, without asking anybody. Cheap.
  void look_again();

  std::vector<TranslationRoute> routes() const override;

  /// A route to exactly the tags asked for comes before one that only has the languages.
  std::optional<TranslationRoute> route(std::string_view source, std::string_view target) const override;

  /// Besides what the seam says: throws `kTimeout` when an engine hangs and no other is left. The message of
  /// `kUnsupported` lists what there is; where an engine could not be asked what it can do, that is thrown. Notes are
  /// those of the translation only.
  Transcript translate(const Transcript& transcript, std::string_view target, const TranslateOptions& options,
                       Progress& progress, std::stop_token stop) override;

 private:
  std::shared_ptr<const RouteTable> table() const;
  /// One that has a route. Engines are asked before the pair is given up: after a start a job may be sooner than the
  /// answers of servers.
  std::shared_ptr<const RouteTable> table_for(std::string_view source, std::string_view target,
                                              const std::stop_token& stop);
  std::vector<std::vector<EnginePair>> pairs() const;

  const std::vector<std::unique_ptr<SentenceEngine>> engines_;
  const JoinOptions join_;
  EngineRests rests_;
  SentenceCache cache_;
  mutable Mutex mutex_;
  std::shared_ptr<const RouteTable> table_ GUARDED_BY(mutex_);
};

}  // namespace voxlate::translation
