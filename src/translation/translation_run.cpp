#include "translation/translation_run.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/log.h"
#include "translation/text_layout.h"
#include "translation/version_choice.h"

namespace voxlate::translation {
namespace {

void add_once(std::vector<std::string>& texts, const std::string& text) {
  if (!text.empty() && std::find(texts.begin(), texts.end(), text) == texts.end()) texts.push_back(text);
}

std::size_t count_missing_numbers(std::span<const Problem> problems) {
  return static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(), [](const Problem& problem) {
    return problem.kind == Problem::Kind::kMissingNumber;
  }));
}

}  // namespace

bool may_do_better_elsewhere(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kTimeout;
}

std::string joined_names(const std::vector<std::string>& names, std::string_view between) {
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : std::string(between)) + name;
  return all;
}

TranslationRun::TranslationRun(Setting setting)
    : setting_(std::move(setting)), best_([this] {
        return setting_.table.way(setting_.route.source, setting_.route.target, [this](std::size_t engine) {
          return setting_.engine.empty() || setting_.engines[engine]->kind() == setting_.engine;
        });
      }()) {
  if (best_.empty())
    throw Error(ErrorCode::kUnsupported, "no way of translating " + setting_.route.source + " to " +
                                             setting_.route.target + " by " + setting_.engine + " is installed");
}

std::size_t TranslationRun::batch_size() const { return setting_.engines[best_.front().engine]->batch_size(); }

std::vector<std::string> TranslationRun::translate(std::span<const Sentence> sentences) {
  std::set<std::size_t> failed;
  Way way = next_way(failed);
  while (true) {
    std::size_t at = 0;
    try {
      std::vector<std::string> translations = pass(way, sentences, at);
      note_use(way, sentences.size());
      return translations;
    } catch (const Error& error) {
      if (!may_do_better_elsewhere(error)) throw;
      setting_.rests.failed(way[at].engine, error.code());
      failed.insert(way[at].engine);
      const Way next = next_way(failed);
      if (next.empty()) throw;
      warn(way[at], next, error);
      way = next;
    }
  }
}

/// Engines that rest are asked when there are no others. Empty: all failed.
Way TranslationRun::next_way(const std::set<std::size_t>& failed) const {
  const auto is_left = [&](std::size_t engine) {
    return failed.count(engine) == 0 &&
           (setting_.engine.empty() || setting_.engines[engine]->kind() == setting_.engine);
  };
  Way way = setting_.table.way(setting_.route.source, setting_.route.target,
                               [&](std::size_t engine) { return is_left(engine) && !setting_.rests.rests(engine); });
  return way.empty() ? setting_.table.way(setting_.route.source, setting_.route.target, is_left) : way;
}

/// `at` tells which step threw.
std::vector<std::string> TranslationRun::pass(const Way& way, std::span<const Sentence> sentences, std::size_t& at) {
  std::vector<const Sentence*> all;
  for (const Sentence& sentence : sentences) all.push_back(&sentence);
  std::vector<Choice> choices = translate_protected(way, all, /*all_numbers=*/false, at);
  // A number that came back wrong is worth another try, in which the engine does not see any.
  std::vector<std::size_t> wrong;
  std::vector<const Sentence*> again;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    if (choices[i].missing_numbers == 0) continue;
    wrong.push_back(i);
    again.push_back(all[i]);
  }
  if (!again.empty() && place_holders(way) != PlaceHolders::kNone) {
    std::vector<Choice> retried = translate_protected(way, again, /*all_numbers=*/true, at);
    for (std::size_t i = 0; i < wrong.size(); ++i) {
      if (retried[i].missing_numbers < choices[wrong[i]].missing_numbers) choices[wrong[i]] = std::move(retried[i]);
    }
  }
  std::vector<std::string> texts;
  texts.reserve(choices.size());
  for (Choice& choice : choices) {
    cut_ += choice.is_cut ? 1 : 0;
    texts.push_back(std::move(choice.text));
  }
  return texts;
}

std::vector<TranslationRun::Choice> TranslationRun::translate_protected(const Way& way,
                                                                        std::span<const Sentence* const> sentences,
                                                                        bool all_numbers, std::size_t& at) {
  const TextRules rules{.place_holders = place_holders(way),
                        .glossary = &setting_.glossary,
                        .protect_plain_numbers = all_numbers,
                        .target = setting_.route.target};
  std::vector<ProtectedText> sources;
  std::vector<std::string> asked;
  for (const Sentence* const sentence : sentences) {
    sources.push_back(protect(sentence->text, rules));
    if (!sources.back().nothing_to_translate) asked.push_back(sources.back().text);
  }
  const std::vector<Translation> translations = take_steps(way, std::move(asked), at);
  auto next = translations.begin();
  std::vector<Choice> choices;
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (sources[i].nothing_to_translate)
      choices.push_back({.text = restore(sources[i], sources[i].text)});
    else
      choices.push_back(choose(*sentences[i], sources[i], *next++));
  }
  return choices;
}

std::vector<Translation> TranslationRun::take_steps(const Way& way, std::vector<std::string> texts, std::size_t& at) {
  std::vector<Translation> translations;
  for (at = 0; at < way.size(); ++at) {
    translations = take(way[at], texts);
    for (std::size_t i = 0; i < texts.size(); ++i) {
      // What an engine has no words for stays as it was: better than a gap in the subtitles.
      Version& best = translations[i].versions.front();
      if (trimmed(best.text).empty()) best.text = texts[i];
      if (at + 1 < way.size()) texts[i] = best.text;
    }
  }
  return translations;
}

/// Those that are remembered, and the engine's of the others.
std::vector<Translation> TranslationRun::take(const Step& step, std::span<const std::string> texts) {
  std::vector<Translation> translations(texts.size());
  std::vector<std::string> asked;
  std::vector<std::size_t> places;
  std::vector<std::optional<Translation>> known = setting_.cache.find(step.pair, texts);
  for (std::size_t i = 0; i < texts.size(); ++i) {
    if (known[i]) {
      translations[i] = std::move(*known[i]);
    } else {
      asked.push_back(texts[i]);
      places.push_back(i);
    }
  }
  if (asked.empty()) return translations;
  std::vector<Translation> fresh = setting_.engines[step.engine]->translate_versions(asked, step.pair, setting_.stop);
  if (fresh.size() != asked.size()) throw Error(ErrorCode::kInternal, "a translation engine lost a sentence");
  setting_.rests.worked(step.engine);
  setting_.cache.add(step.pair, asked, fresh);
  for (std::size_t i = 0; i < asked.size(); ++i) translations[places[i]] = std::move(fresh[i]);
  return translations;
}

TranslationRun::Choice TranslationRun::choose(const Sentence& sentence, const ProtectedText& source,
                                              const Translation& translation) const {
  std::vector<CheckedVersion> versions;
  for (const Version& version : translation.versions) {
    Restored restored = restore_and_check(source, version.text);
    versions.push_back({.text = std::move(restored.text),
                        .score = version.score,
                        .problems = std::move(restored.problems),
                        .is_broken = version.is_cut});
  }
  const VersionRule rule{.characters_per_second = setting_.max_characters_per_second};
  CheckedVersion& best = versions[choose_version(sentence, versions, setting_.route.target, setting_.join, rule)];
  return {
      .text = std::move(best.text), .missing_numbers = count_missing_numbers(best.problems), .is_cut = best.is_broken};
}

/// Those that all engines on the way carry.
PlaceHolders TranslationRun::place_holders(const Way& way) const {
  const PlaceHolders first = setting_.engines[way.front().engine]->place_holders();
  const PlaceHolders last = setting_.engines[way.back().engine]->place_holders();
  return first == last ? first : PlaceHolders::kNumbers;
}

void TranslationRun::note_use(const Way& way, std::size_t sentences) {
  auto use = std::find_if(uses_.begin(), uses_.end(), [&](const Use& known) { return known.way == way; });
  if (use == uses_.end()) use = uses_.insert(use, {.way = way, .sentences = 0});
  use->sentences += sentences;
}

/// Once an engine, however many batches it fails.
void TranslationRun::warn(const Step& failed, const Way& next, const Error& error) {
  if (!warned_.insert(failed.engine).second) return;
  log::warning("translation falls to the next route", {{"engine", failed.pair.name},
                                                       {"pair", failed.pair.source + "->" + failed.pair.target},
                                                       {"reason", error.what()},
                                                       {"next", name_of(next)}});
}

std::string TranslationRun::engine_name() const {
  if (uses_.empty()) return name_of(best_);
  std::vector<std::string> names;
  for (const Use& use : uses_) add_once(names, name_of(use.way));
  return joined_names(names, "; ");
}

bool TranslationRun::fell() const {
  return std::ranges::any_of(uses_, [this](const Use& use) { return use.way != best_; });
}

std::vector<std::string> TranslationRun::notes() const {
  std::vector<std::string> notes;
  const auto is_best = [this](const Use& use) { return use.way == best_; };
  if (best_.size() > 1 && (uses_.empty() || std::any_of(uses_.begin(), uses_.end(), is_best)))
    notes.push_back("No direct translation is installed: the text went through " + best_.front().pair.target + ".");
  if (fell()) notes.push_back(fall_note());
  if (cut_ > 0)
    notes.push_back("Of " + std::to_string(cut_) +
                    " sentences the translation repeated itself or did not end; it was cut.");
  for (const Use& use : uses_) {
    for (const Step& step : use.way) add_once(notes, setting_.engines[step.engine]->notice());
  }
  return notes;
}

std::string TranslationRun::fall_note() const {
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
         joined_names(others, "; ") + ".";
}

}  // namespace voxlate::translation
