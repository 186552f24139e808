#include "translation/libretranslate_engine.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "remote/address.h"
#include "translation/language_codes.h"
#include "translation/server_refusal.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using nlohmann::json;

constexpr std::size_t kMaxPairs = 40'000;  // 200 languages, each into each
constexpr std::size_t kMaxCodeBytes = 35;

/// What LibreTranslate calls languages in its own way.
constexpr std::array kOwnCodes =
    std::to_array<std::pair<std::string_view, std::string_view>>({{"pb", "pt-BR"}, {"zt", "zh-Hant"}});

/// The tag of a code, or nothing for what is none.
std::string tag_of(const json& code) {
  if (!code.is_string()) return {};
  const auto& text = code.get_ref<const std::string&>();
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  const std::size_t base_bytes = base_language(text).size();
  if (text.size() > kMaxCodeBytes || text.find_first_not_of(kLetters) != std::string::npos || base_bytes < 2 ||
      base_bytes > 3)
    return {};
  for (const auto& [own, tag] : kOwnCodes) {
    if (text == own) return std::string(tag);
  }
  return normalise_tag(text);
}

json parse(const std::string& body) { return json::parse(body, nullptr, /*allow_exceptions=*/false); }

/// The value of a key of an object, or null.
json value_of(const json& object, const char* key) {
  if (!object.is_object()) return nullptr;
  const auto found = object.find(key);
  return found != object.end() ? *found : json();
}

remote::HttpOptions with_timeout(remote::HttpOptions options, std::chrono::milliseconds timeout) {
  options.timeout = timeout;
  options.connect_timeout = std::min(options.connect_timeout, timeout);
  return options;
}

std::string without_slash(std::string url) {
  while (url.ends_with('/')) url.pop_back();
  return url;
}

LibreTranslateOptions normalised(LibreTranslateOptions options) {
  options.url = without_slash(std::move(options.url));
  return options;
}

}  // namespace

LibreTranslateEngine::LibreTranslateEngine(LibreTranslateOptions options)
    : options_(normalised(std::move(options))),
      host_(remote::Address(options_.url).host()),
      translate_client_(options_.http),
      languages_client_(with_timeout(options_.http, options_.languages_timeout)) {}

std::vector<EnginePair> LibreTranslateEngine::pairs() const {
  const MutexLock lock(mutex_);
  std::vector<EnginePair> pairs;
  pairs.reserve(pairs_.size());
  for (const Pair& pair : pairs_) pairs.push_back(pair.pair);
  return pairs;
}

std::string LibreTranslateEngine::notice() const {
  return "Translated by a LibreTranslate server, with errors to be expected.";
}

void LibreTranslateEngine::refresh(const std::stop_token& stop) {
  {
    const MutexLock lock(mutex_);
    if (ask_at_ && options_.now() < *ask_at_) return;
    ask_at_.reset();
  }
  std::vector<Pair> pairs = ask_pairs(stop);
  const MutexLock lock(mutex_);
  pairs_ = std::move(pairs);
  ask_at_ = options_.now() + options_.ask_again;
}

/// Newer servers say into what each language can be translated; of older ones each goes into each.
std::vector<LibreTranslateEngine::Pair> LibreTranslateEngine::ask_pairs(const std::stop_token& stop) {
  const remote::HttpAnswer answer =
      languages_client_.ask({.url = options_.url + "/languages", .json = "", .bearer_key = ""}, stop);
  if (answer.status != 200)
    throw Error(ErrorCode::kUnavailable, host_ + ": " + describe_refusal(answer, options_.key, {}));
  const json languages = parse(answer.body);
  if (!languages.is_array())
    throw Error(ErrorCode::kUnavailable, host_ + ": expected a list of languages from /languages, got something else");
  json codes = json::array();
  for (const json& language : languages) codes.push_back(value_of(language, "code"));
  std::vector<Pair> pairs;
  for (const json& language : languages) {
    const json code = value_of(language, "code");
    const std::string source = tag_of(code);
    const json targets = value_of(language, "targets");
    for (const json& target_code : targets.is_array() ? targets : codes) {
      const std::string target = tag_of(target_code);
      if (source.empty() || target.empty() || base_language(source) == base_language(target)) continue;
      if (pairs.size() >= kMaxPairs)
        throw Error(ErrorCode::kUnavailable,
                    host_ + ": more than " + std::to_string(kMaxPairs) + " pairs of languages");
      pairs.push_back({.pair = {.source = source, .target = target, .name = "libretranslate"},
                       .source_code = code.get<std::string>(),
                       .target_code = target_code.get<std::string>()});
    }
  }
  return pairs;
}

LibreTranslateEngine::Pair LibreTranslateEngine::find(const std::string& source, const std::string& target) const {
  const MutexLock lock(mutex_);
  for (const Pair& pair : pairs_) {
    if (pair.pair.source == source && pair.pair.target == target) return pair;
  }
  throw Error(ErrorCode::kUnsupported, host_ + " does not translate from " + source + " to " + target);
}

std::vector<std::string> LibreTranslateEngine::translate(std::span<const std::string> sentences,
                                                         const std::string& source, const std::string& target,
                                                         std::stop_token stop) {
  const Pair pair = find(source, target);
  return translate_in_batches(
      sentences, options_.batch, host_, [&](const std::vector<std::string>& batch) { return ask(pair, batch, stop); },
      stop);
}

/// One sentence is sent as a text, not as a list: that is what the oldest servers understand.
BatchAnswer LibreTranslateEngine::ask(const Pair& pair, const std::vector<std::string>& batch,
                                      const std::stop_token& stop) {
  json body{{"source", pair.source_code}, {"target", pair.target_code}, {"format", "text"}};
  body["q"] = batch.size() == 1 ? json(batch.front()) : json(batch);
  if (!options_.key.empty()) body["api_key"] = options_.key;
  const remote::HttpAnswer answer =
      translate_client_.ask({.url = options_.url + "/translate",
                             .json = body.dump(-1, ' ', /*ensure_ascii=*/false, json::error_handler_t::replace),
                             .bearer_key = ""},
                            stop);
  if (answer.status == 400 || answer.status == 413)
    return {.translations = {}, .refusal = describe_refusal(answer, options_.key, batch)};
  if (answer.status != 200)
    throw Error(ErrorCode::kUnavailable, host_ + ": " + describe_refusal(answer, options_.key, batch));

  json texts = value_of(parse(answer.body), "translatedText");
  if (texts.is_string()) texts = json::array({texts});
  if (!texts.is_array()) return {.translations = {}, .refusal = "expected translatedText, got something else"};
  BatchAnswer translated;
  for (const json& text : texts) {
    if (!text.is_string()) return {.translations = {}, .refusal = "expected translations, got something else"};
    translated.translations.push_back(text.get<std::string>());
  }
  for (std::size_t i = 0; i < std::min(batch.size(), translated.translations.size()); ++i) {
    const std::string_view flaw = flaw_of(translated.translations[i], batch[i]);
    if (!flaw.empty()) return {.translations = {}, .refusal = "it gave " + std::string(flaw)};
  }
  return translated;
}

}  // namespace voxlate::translation
