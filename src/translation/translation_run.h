#pragma once

#include <cstddef>
#include <memory>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "translation/engine_rests.h"
#include "translation/glossary.h"
#include "translation/protected_text.h"
#include "translation/route_table.h"
#include "translation/sentence_cache.h"
#include "translation/sentence_engine.h"
#include "translation/sentence_joiner.h"
#include "voxlate/error.h"
#include "voxlate/translator.h"

namespace voxlate::translation {

/// The translation of one transcript by engines that may fail: what must not be translated is taken out of each
/// sentence before and put back after, of the versions that come back the one is taken that can be read in its time
/// and lost nothing, and a way whose engine fails is left for the next best. Remembers who translated what. Not
/// thread-safe.
class TranslationRun {
 public:
  /// All of it outlives the run.
  struct Setting {
    const std::vector<std::unique_ptr<SentenceEngine>>& engines;
    EngineRests& rests;
    SentenceCache& cache;
    const RouteTable& table;
    const TranslationRoute& route;
    const Glossary& glossary;
    const JoinOptions& join;
    std::string engine;  ///< as `TranslateOptions::engine`
    double max_characters_per_second = 0;
    std::stop_token stop;
  };

  /// Throws `kUnsupported` when no way over the engines asked for leads there.
  explicit TranslationRun(Setting setting);

  /// Sentences to translate before progress is told.
  std::size_t batch_size() const;

  /// One translation a sentence, over the best way that works now.
  std::vector<std::string> translate(std::span<const Sentence> sentences);

  /// "apertium eng-spa"; where ways differed, all of them: "libretranslate; apertium eng-spa".
  std::string engine_name() const;

  /// For the reader of the result.
  std::vector<std::string> notes() const;

  /// Whether other ways than the best one were used, since that failed.
  bool fell() const;

 private:
  struct Use {
    Way way;
    std::size_t sentences = 0;
  };
  struct Choice {
    std::string text;
    std::size_t missing_numbers = 0;
    bool is_cut = false;
  };

  Way next_way(const std::set<std::size_t>& failed) const;
  std::vector<std::string> pass(const Way& way, std::span<const Sentence> sentences, std::size_t& at);
  std::vector<Choice> translate_protected(const Way& way, std::span<const Sentence* const> sentences, bool all_numbers,
                                          std::size_t& at);
  std::vector<Translation> take_steps(const Way& way, std::vector<std::string> texts, std::size_t& at);
  std::vector<Translation> take(const Step& step, std::span<const std::string> texts);
  Choice choose(const Sentence& sentence, const ProtectedText& source, const Translation& translation) const;
  PlaceHolders place_holders(const Way& way) const;
  void note_use(const Way& way, std::size_t sentences);
  void warn(const Step& failed, const Way& next, const Error& error);
  std::string fall_note() const;

  const Setting setting_;
  const Way best_;
  std::vector<Use> uses_;  // in order of first use
  std::set<std::size_t> warned_;
  std::size_t cut_ = 0;  // sentences
};

/// Whether another engine may do better.
bool may_do_better_elsewhere(const Error& error);

/// "a, b"
std::string joined_names(const std::vector<std::string>& names, std::string_view between = ", ");

}  // namespace voxlate::translation
