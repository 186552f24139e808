#include "translation/routing_translator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <span>
#include <utility>

#include "base/log.h"
#include "translation/glossary.h"
#include "translation/language_codes.h"
#include "translation/translation_run.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::size_t kMaxRoutesInMessage = 20;

std::string describe(const TranslationRoute& route) {
  std::string text = route.source + "->" + route.target;
  if (!route.through.empty()) text += " (through " + joined_names(route.through) + ")";
  return text;
}

void throw_if_stopped(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "the translation was stopped");
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
  return message + joined_names(lines);
}

}  // namespace

RoutingTranslator::RoutingTranslator(std::vector<std::unique_ptr<SentenceEngine>> engines, RoutingOptions options)
    : engines_(std::move(engines)),
      join_(options.join),
      rests_(engines_.size(), options.rest, std::move(options.now)),
      cache_(options.cache),
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
      if (!may_do_better_elsewhere(error)) throw;
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
    if (!may_do_better_elsewhere(error)) throw;
    failure = error;
  }
  known = table();
  if (known->find(source, target) != nullptr) return known;
  const std::string missing = describe_missing(source, target, *known);
  if (failure) throw Error(failure->code(), missing + ". Not known of all: " + failure->what());
  throw Error(ErrorCode::kUnsupported, missing);
}

Transcript RoutingTranslator::translate(const Transcript& transcript, std::string_view target,
                                        const TranslateOptions& options, Progress& progress, std::stop_token stop) {
  const Glossary glossary = parse_glossary_lines(options.glossary);
  const std::shared_ptr<const RouteTable> table = table_for(transcript.language, target, stop);
  const TranslationRoute* route = table->find(transcript.language, target);
  const std::vector<Sentence> sentences = join_sentences(transcript.segments, route->source, join_);
  const auto last_end = transcript.segments.empty() ? std::chrono::milliseconds{} : transcript.segments.back().end;
  const std::chrono::milliseconds total = std::max(transcript.duration, last_end);
  progress.update(Stage::kTranslating, std::chrono::milliseconds{}, total);

  TranslationRun run({.engines = engines_,
                      .rests = rests_,
                      .cache = cache_,
                      .table = *table,
                      .route = *route,
                      .glossary = glossary,
                      .join = join_,
                      .engine = options.engine,
                      .max_characters_per_second = options.max_characters_per_second,
                      .stop = stop});
  std::vector<std::string> translations;
  translations.reserve(sentences.size());
  while (translations.size() < sentences.size()) {
    throw_if_stopped(stop);
    const std::span<const Sentence> left = std::span(sentences).subspan(translations.size());
    for (std::string& text : run.translate(left.first(std::min(run.batch_size(), left.size()))))
      translations.push_back(std::move(text));
    progress.update(Stage::kTranslating, sentences[translations.size() - 1].parts.back().end, total);
  }
  progress.update(Stage::kTranslating, total, total);

  return {.language = route->target,
          .engine = run.engine_name(),
          .duration = transcript.duration,
          .segments = lay_back(sentences, translations, route->target, join_),
          .notes = run.notes(),
          .makeshift = run.fell()};
}

}  // namespace voxlate::translation
