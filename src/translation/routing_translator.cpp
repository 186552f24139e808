#include "translation/routing_translator.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <set>
#include <span>
#include <utility>

#include "translation/language_codes.h"
#include "translation/text_layout.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

/// Sentences between two reports of progress.
constexpr std::size_t kReportSentences = 16;
constexpr std::size_t kMaxRoutesInMessage = 20;

/// Pivot languages that come before all others.
std::size_t pivot_rank(std::string_view language) {
  if (language == "en") return 0;
  return language == "es" ? 1 : 2;
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ", ") + text;
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

}  // namespace

RoutingTranslator::RoutingTranslator(std::vector<std::unique_ptr<SentenceEngine>> engines, const JoinOptions& join)
    : engines_(std::move(engines)), join_(join) {
  using Key = std::pair<std::string, std::string>;
  std::map<Key, Step> direct;
  std::set<std::string> languages;
  for (const auto& engine : engines_) {
    for (const EnginePair& pair : engine->pairs()) {
      direct.emplace(Key(pair.source, pair.target), Step{.engine = engine.get(), .pair = pair});
      languages.insert({pair.source, pair.target});
    }
  }
  for (const auto& [key, step] : direct) {
    routes_.push_back({.info = {.source = key.first, .target = key.second, .engine = step.pair.name, .through = {}},
                       .steps = {step}});
  }
  std::vector<std::string> pivots(languages.begin(), languages.end());
  std::stable_sort(pivots.begin(), pivots.end(),
                   [](const std::string& a, const std::string& b) { return pivot_rank(a) < pivot_rank(b); });
  for (const std::string& source : languages) {
    for (const std::string& target : languages) {
      if (base_language(source) == base_language(target) || direct.count({source, target}) != 0) continue;
      for (const std::string& pivot : pivots) {
        const auto first = direct.find({source, pivot});
        const auto second = direct.find({pivot, target});
        if (first == direct.end() || second == direct.end()) continue;
        const std::string name = first->second.pair.name + ", " + second->second.pair.name;
        routes_.push_back({.info = {.source = source, .target = target, .engine = name, .through = {pivot}},
                           .steps = {first->second, second->second}});
        break;
      }
    }
  }
}

RoutingTranslator::~RoutingTranslator() = default;

std::vector<TranslationRoute> RoutingTranslator::routes() const {
  std::vector<TranslationRoute> infos;
  infos.reserve(routes_.size());
  for (const Route& route : routes_) infos.push_back(route.info);
  return infos;
}

const RoutingTranslator::Route* RoutingTranslator::find(std::string_view source, std::string_view target) const {
  const std::string source_tag = normalise_tag(source);
  const std::string target_tag = normalise_tag(target);
  const std::string source_base = base_language(source);
  const std::string target_base = base_language(target);
  if (source_base == target_base) return nullptr;
  // 0 for the tag asked for, 1 for its plain language, 2 for another region of it.
  const auto distance = [](const std::string& offered, const std::string& tag, const std::string& base) {
    if (offered == tag) return 0;
    return offered == base ? 1 : 2;
  };
  const Route* best = nullptr;
  int best_score = 0;
  for (const Route& route : routes_) {
    if (base_language(route.info.source) != source_base || base_language(route.info.target) != target_base) continue;
    const int score = (route.info.through.empty() ? 0 : 100) +
                      10 * distance(route.info.target, target_tag, target_base) +
                      distance(route.info.source, source_tag, source_base);
    if (best == nullptr || score < best_score) {
      best = &route;
      best_score = score;
    }
  }
  return best;
}

std::optional<TranslationRoute> RoutingTranslator::route(std::string_view source, std::string_view target) const {
  const Route* found = find(source, target);
  if (found == nullptr) return std::nullopt;
  return found->info;
}

std::string RoutingTranslator::describe_missing(std::string_view source, std::string_view target) const {
  constexpr std::size_t kMaxTagBytes = 35;  // the longest tag that RFC 5646 asks to be accepted
  std::string message = "cannot translate from " + std::string(source.substr(0, kMaxTagBytes)) + " to " +
                        std::string(target.substr(0, kMaxTagBytes)) + ". Installed: ";
  if (routes_.empty()) return message + "no pair";
  std::vector<std::string> lines;
  const std::string source_base = base_language(source);
  for (const bool same_source : {true, false}) {
    for (const Route& route : routes_) {
      if ((base_language(route.info.source) == source_base) == same_source) lines.push_back(describe(route.info));
    }
  }
  if (lines.size() > kMaxRoutesInMessage) {
    const std::size_t more = lines.size() - kMaxRoutesInMessage;
    lines.resize(kMaxRoutesInMessage);
    lines.push_back("and " + std::to_string(more) + " more");
  }
  return message + joined(lines);
}

Transcript RoutingTranslator::translate(const Transcript& transcript, std::string_view target, Progress& progress,
                                        std::stop_token stop) {
  const Route* route = find(transcript.language, target);
  if (route == nullptr) throw Error(ErrorCode::kUnsupported, describe_missing(transcript.language, target));
  const std::vector<Sentence> sentences = join_sentences(transcript.segments, route->info.source, join_);
  const auto last_end = transcript.segments.empty() ? std::chrono::milliseconds{} : transcript.segments.back().end;
  const std::chrono::milliseconds total = std::max(transcript.duration, last_end);
  progress.update(Stage::kTranslating, std::chrono::milliseconds{}, total);

  std::vector<std::string> translations;
  translations.reserve(sentences.size());
  while (translations.size() < sentences.size()) {
    throw_if_stopped(stop);
    const std::size_t begin = translations.size();
    std::vector<std::string> texts;
    for (std::size_t i = begin; i < std::min(begin + kReportSentences, sentences.size()); ++i)
      texts.push_back(sentences[i].text);
    for (const Step& step : route->steps) {
      std::vector<std::string> next = step.engine->translate(texts, step.pair.source, step.pair.target, stop);
      if (next.size() != texts.size()) throw Error(ErrorCode::kInternal, "a translation engine lost a sentence");
      // What an engine has no words for stays as it was: better than a gap in the subtitles.
      for (std::size_t i = 0; i < texts.size(); ++i) {
        if (!trimmed(next[i]).empty()) texts[i] = std::move(next[i]);
      }
    }
    translations.insert(translations.end(), texts.begin(), texts.end());
    progress.update(Stage::kTranslating, sentences[translations.size() - 1].parts.back().end, total);
  }
  progress.update(Stage::kTranslating, total, total);

  Transcript result{.language = route->info.target,
                    .engine = route->info.engine,
                    .duration = transcript.duration,
                    .segments = lay_back(sentences, translations, route->info.target, join_),
                    .notes = {}};
  if (!route->info.through.empty())
    result.notes.push_back("No direct translation is installed: the text went through " + joined(route->info.through) +
                           ".");
  for (const Step& step : route->steps) {
    const std::string notice = step.engine->notice();
    if (!notice.empty() && std::find(result.notes.begin(), result.notes.end(), notice) == result.notes.end())
      result.notes.push_back(notice);
  }
  return result;
}

}  // namespace voxlate::translation
