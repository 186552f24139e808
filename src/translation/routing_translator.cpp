#include "translation/routing_translator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <set>
#include <span>
#include <utility>

#include "base/log.h"
#include "translation/language_codes.h"
#include "translation/text_layout.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::size_t kMaxRoutesInMessage = 20;

std::string joined(const std::vector<std::string>& texts, std::string_view between = ", ") {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : std::string(between)) + text;
  return all;
}

std::string describe(const TranslationRoute& route) {
  std::string text = route.source + "->" + route.target;
  if (!route.through.empty()) text += " (through " + joined(route.through) + ")";
  return text;
}

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the translation was stopped");
}

/// Whether another engine may do better.
bool may_fall(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout;
}

void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

std::string describe_missing(std::string_view source, std::string_view target, const RouteTable& table) {
  constexpr std::size_t kMaxTagBytes = 35;  // the longest tag that RFC 5646 asks to be accepted
  std::string message = "cannot translate from " + std::string(source.substr(0, kMaxTagBytes)) + " to " +
                        std::string(target.substr(0, kMaxTagBytes)) + ". Installed: ";
  if (table.routes().empty()) return message + "no pair";
  std::vector<std::string> lines;
  const std::string source_base = base_language(source);
  for (const bool same_source : {true, false}) {
    for (const TranslationRoute& route : table.routes()) {
      if ((base_language(route.source) == source_base) == same_source) lines.push_back(describe(route));
    }
  }
  if (lines.size() > kMaxRoutesInMessage) {
    const std::size_t more = lines.size() - kMaxRoutesInMessage;
    lines.resize(kMaxRoutesInMessage);
    lines.push_back("and " + std::to_string(more) + " more");
  }
  return message + joined(lines);
}

}  // namespace

/// One call of `translate`: remembers who translated what.
class RoutingTranslator::Run {
 public:
  Run(RoutingTranslator& translator, const RouteTable& table, const TranslationRoute& route, std::stop_token stop)
      : engines_(translator.engines_),
        rests_(translator.rests_),
        cache_(translator.cache_),
        table_(table),
        route_(route),
        stop_(std::move(stop)),
        best_(table.way(route.source, route.target, [](std::size_t) { return true; })) {}

  /// Sentences to translate before progress is told.
  std::size_t batch_size() const { return best_.empty() ? 1 : engines_[best_.front().engine]->batch_size(); }

  /// One translation a text, over the best way that works now.
  std::vector<std::string> translate(const std::vector<std::string>& texts) {
    std::set<std::size_t> failed;
    Way way = next_way(failed);
    while (true) {
      std::size_t at = 0;
      try {
        std::vector<std::string> translations = pass(way, texts, at);
        note_use(way, texts.size());
        return translations;
      } catch (const Error& error) {
        if (!may_fall(error)) throw;
        rests_.failed(way[at].engine, error.code());
        failed.insert(way[at].engine);
        const Way next = next_way(failed);
        if (next.empty()) throw;
        warn(way[at], next, error);
        way = next;
      }
    }
  }

  /// "apertium eng-spa"; where ways differed, all of them: "libretranslate; apertium eng-spa".
  std::string engine_name() const { return uses_.empty() ? route_.engine : joined(names(), "; "); }

  std::vector<std::string> notes() const {
    std::vector<std::string> notes;
    const auto is_best = [this](const Use& use) { return use.way == best_; };
    if (!route_.through.empty() && (uses_.empty() || std::any_of(uses_.begin(), uses_.end(), is_best)))
      notes.push_back("No direct translation is installed: the text went through " + joined(route_.through) + ".");
    if (!std::all_of(uses_.begin(), uses_.end(), is_best)) notes.push_back(fall_note());
    for (const Use& use : uses_) {
      for (const Step& step : use.way) add_once(notes, engines_[step.engine]->notice());
    }
    return notes;
  }

 private:
  struct Use {
    Way way;
    std::size_t sentences = 0;
  };

  /// Engines that rest are asked when there are no others. Empty: all failed.
  Way next_way(const std::set<std::size_t>& failed) const {
    const auto is_left = [&](std::size_t engine) { return failed.count(engine) == 0; };
    Way way = table_.way(route_.source, route_.target,
                         [&](std::size_t engine) { return is_left(engine) && !rests_.rests(engine); });
    return way.empty() ? table_.way(route_.source, route_.target, is_left) : way;
  }

  /// `at` tells which step threw.
  std::vector<std::string> pass(const Way& way, std::vector<std::string> texts, std::size_t& at) {
    for (at = 0; at < way.size(); ++at) {
      const Step& step = way[at];
      std::vector<Translation> next = take(step, texts);
      // What an engine has no words for stays as it was: better than a gap in the subtitles.
      for (std::size_t i = 0; i < texts.size(); ++i) {
        std::string& text = next[i].versions.front().text;
        if (!trimmed(text).empty()) texts[i] = std::move(text);
      }
    }
    return texts;
  }

  /// The translations of one step: those that are remembered, and the engine's of the others.
  std::vector<Translation> take(const Step& step, std::span<const std::string> texts) {
    std::vector<Translation> translations(texts.size());
    std::vector<std::string> asked;
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < texts.size(); ++i) {
      if (std::optional<Translation> known = cache_.find(step.pair, texts[i])) {
        translations[i] = std::move(*known);
      } else {
        asked.push_back(texts[i]);
        places.push_back(i);
      }
    }
    if (asked.empty()) return translations;
    std::vector<Translation> fresh = engines_[step.engine]->translate_versions(asked, step.pair, stop_);
    if (fresh.size() != asked.size()) throw Error(ErrorCode::kInternal, "a translation engine lost a sentence");
    rests_.worked(step.engine);
    for (std::size_t i = 0; i < asked.size(); ++i) {
      cache_.add(step.pair, asked[i], fresh[i]);
      translations[places[i]] = std::move(fresh[i]);
    }
    return translations;
  }

  void note_use(const Way& way, std::size_t sentences) {
    auto use = std::find_if(uses_.begin(), uses_.end(), [&](const Use& known) { return known.way == way; });
    if (use == uses_.end()) use = uses_.insert(use, {.way = way, .sentences = 0});
    use->sentences += sentences;
  }

  /// Once an engine, however many batches it fails.
  void warn(const Step& failed, const Way& next, const Error& error) {
    if (!warned_.insert(failed.engine).second) return;
    log::warning("translation falls to the next route", {{"engine", failed.pair.name},
                                                         {"pair", failed.pair.source + "->" + failed.pair.target},
                                                         {"reason", error.what()},
                                                         {"next", name_of(next)}});
  }

  std::vector<std::string> names() const {
    std::vector<std::string> names;
    for (const Use& use : uses_) add_once(names, name_of(use.way));
    return names;
  }

  std::string fall_note() const {
    std::size_t all = 0;
    std::size_t fallen = 0;
    std::vector<std::string> others;
    for (const Use& use : uses_) {
      all += use.sentences;
      if (use.way == best_) continue;
      fallen += use.sentences;
      add_once(others, name_of(use.way) + (use.way.size() > 1 ? " (through " + use.way[0].pair.target + ")" : ""));
    }
    const std::string share = fallen == all ? "" : std::to_string(fallen) + " of " + std::to_string(all) + " ";
    return name_of(best_) + " was not available: " +
           (share.empty() ? "the sentences were translated by " : share + "sentences were translated by ") +
           joined(others, "; ") + ".";
  }

  const std::vector<std::unique_ptr<SentenceEngine>>& engines_;
  EngineRests& rests_;
  SentenceCache& cache_;
  const RouteTable& table_;
  const TranslationRoute& route_;
  const std::stop_token stop_;
  const Way best_;
  std::vector<Use> uses_;  // in order of first use
  std::set<std::size_t> warned_;
};

RoutingTranslator::RoutingTranslator(std::vector<std::unique_ptr<SentenceEngine>> engines, RoutingOptions options)
    : engines_(std::move(engines)),
      join_(options.join),
      rests_(engines_.size(), options.rest, std::move(options.now)),
      cache_(options.cache_bytes),
      table_(std::make_shared<const RouteTable>(pairs())) {}

RoutingTranslator::~RoutingTranslator() = default;

std::vector<std::vector<EnginePair>> RoutingTranslator::pairs() const {
  std::vector<std::vector<EnginePair>> pairs;
  pairs.reserve(engines_.size());
  for (const auto& engine : engines_) pairs.push_back(engine->pairs());
  return pairs;
}

std::shared_ptr<const RouteTable> RoutingTranslator::table() const {
  const MutexLock lock(mutex_);
  return table_;
}

void RoutingTranslator::refresh(const std::stop_token& stop) {
  std::optional<Error> failure;
  for (const auto& engine : engines_) {
    try {
      engine->refresh(stop);
    } catch (const Error& error) {
      if (!may_fall(error)) throw;
      failure = error;
    }
  }
  look_again();
  if (failure) throw Error(*failure);
}

void RoutingTranslator::look_again() {
  std::vector<std::vector<EnginePair>> found = pairs();
  if (found == table()->pairs_of_engines()) return;
  auto next = std::make_shared<const RouteTable>(std::move(found));
  log::info("translation routes changed", {{"routes", next->routes().size()}});
  const MutexLock lock(mutex_);
  table_ = std::move(next);
}

std::vector<TranslationRoute> RoutingTranslator::routes() const { return table()->routes(); }

std::optional<TranslationRoute> RoutingTranslator::route(std::string_view source, std::string_view target) const {
  const std::shared_ptr<const RouteTable> table = this->table();
  const TranslationRoute* found = table->find(source, target);
  if (found == nullptr) return std::nullopt;
  return *found;
}

std::shared_ptr<const RouteTable> RoutingTranslator::table_for(std::string_view source, std::string_view target,
                                                               const std::stop_token& stop) {
  std::shared_ptr<const RouteTable> known = table();
  if (known->find(source, target) != nullptr) return known;
  std::optional<Error> failure;
  try {
    refresh(stop);
  } catch (const Error& error) {
    if (!may_fall(error)) throw;
    failure = error;
  }
  known = table();
  if (known->find(source, target) != nullptr) return known;
  const std::string missing = describe_missing(source, target, *known);
  if (failure) throw Error(failure->code(), missing + ". Not known of all: " + failure->what());
  throw Error(ErrorCode::kUnsupported, missing);
}

Transcript RoutingTranslator::translate(const Transcript& transcript, std::string_view target, Progress& progress,
                                        std::stop_token stop) {
  const std::shared_ptr<const RouteTable> table = table_for(transcript.language, target, stop);
  const TranslationRoute* route = table->find(transcript.language, target);
  const std::vector<Sentence> sentences = join_sentences(transcript.segments, route->source, join_);
  const auto last_end = transcript.segments.empty() ? std::chrono::milliseconds{} : transcript.segments.back().end;
  const std::chrono::milliseconds total = std::max(transcript.duration, last_end);
  progress.update(Stage::kTranslating, std::chrono::milliseconds{}, total);

  Run run(*this, *table, *route, stop);
  std::vector<std::string> translations;
  translations.reserve(sentences.size());
  while (translations.size() < sentences.size()) {
    throw_if_stopped(stop);
    const std::size_t begin = translations.size();
    std::vector<std::string> texts;
    for (std::size_t i = begin; i < std::min(begin + run.batch_size(), sentences.size()); ++i)
      texts.push_back(sentences[i].text);
    for (std::string& translation : run.translate(texts)) translations.push_back(std::move(translation));
    progress.update(Stage::kTranslating, sentences[translations.size() - 1].parts.back().end, total);
  }
  progress.update(Stage::kTranslating, total, total);

  return {.language = route->target,
          .engine = run.engine_name(),
          .duration = transcript.duration,
          .segments = lay_back(sentences, translations, route->target, join_),
          .notes = run.notes()};
}

}  // namespace voxlate::translation
