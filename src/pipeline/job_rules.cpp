#include "pipeline/job_rules.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "base/utf8.h"
#include "subtitles/format.h"
#include "subtitles/profile.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

constexpr std::size_t kMaxTargets = 16;
constexpr std::size_t kMaxLanguageTagBytes = 35;  // RFC 5646, section 4.4.1
constexpr std::size_t kMaxStemBytes = 120;

/// Letters, digits and hyphens, starting with 2 or 3 letters.
bool is_language_tag(std::string_view tag) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  const auto is_tag_character = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  const std::string_view primary = primary_language(tag);
  return tag.size() <= kMaxLanguageTagBytes && (primary.size() == 2 || primary.size() == 3) && tag.back() != '-' &&
         std::all_of(primary.begin(), primary.end(), is_letter) &&
         std::all_of(tag.begin(), tag.end(), is_tag_character);
}

void require_language_tag(std::string_view option, std::string_view tag) {
  if (!is_language_tag(tag)) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("{}: expected a language tag such as en or pt-BR, got \"{}\"", option, tag));
  }
}

void complete_formats(JobSpec& spec) {
  if (spec.formats.empty()) spec.formats = {"srt", "vtt"};
  std::set<std::string> seen;
  std::vector<std::string> formats;
  for (const std::string& format : spec.formats) {
    subtitles::parse_format(format);  // refuses an unknown name
    if (seen.insert(format).second) formats.push_back(format);
  }
  spec.formats = std::move(formats);
}

bool knows(const std::vector<std::string>& languages, std::string_view wanted) {
  return std::any_of(languages.begin(), languages.end(),
                     [&](const std::string& known) { return primary_language(known) == primary_language(wanted); });
}

/// Whether it is the model asked for; where none is, whether it can do the job.
bool model_serves(const TranscriberModel& model, const JobSpec& spec) {
  if (!spec.model.empty()) return model.id == spec.model;
  return (spec.language.empty() || knows(model.languages, spec.language)) && (!spec.to_english || model.translates);
}

bool engine_serves(const TranscriberInfo& engine, const JobSpec& spec) {
  if (!spec.vad && engine.needs_vad) return false;
  if (engine.models.empty())
    return spec.model.empty() && !spec.to_english && (spec.language.empty() || knows(engine.languages, spec.language));
  return std::ranges::any_of(engine.models, [&](const TranscriberModel& model) { return model_serves(model, spec); });
}

/// The engine asked for; else the first, best, one that can do the job.
const TranscriberInfo& chosen_engine(const JobSpec& spec, const Capabilities& capabilities) {
  if (capabilities.engines.empty()) throw Error(ErrorCode::kUnavailable, "no recogniser is installed");
  if (spec.engine.empty()) {
    const auto serves = [&](const TranscriberInfo& engine) { return engine_serves(engine, spec); };
    const auto found = std::ranges::find_if(capabilities.engines, serves);
    return found != capabilities.engines.end() ? *found : capabilities.engines.front();
  }
  for (const TranscriberInfo& engine : capabilities.engines) {
    if (engine.id == spec.engine) return engine;
  }
  std::vector<std::string> known;
  for (const TranscriberInfo& engine : capabilities.engines) known.push_back(engine.id);
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("engine: expected one of {}, got \"{}\"", fmt::join(known, ", "), spec.engine));
}

/// The model asked for; else the first, best, one that understands the language and can do the task.
const TranscriberModel* chosen_model(const JobSpec& spec, const TranscriberInfo& engine) {
  const auto found =
      std::ranges::find_if(engine.models, [&](const TranscriberModel& model) { return model_serves(model, spec); });
  if (found != engine.models.end()) return &*found;
  if (spec.model.empty()) return engine.models.empty() ? nullptr : &engine.models.front();
  std::vector<std::string> known;
  for (const TranscriberModel& model : engine.models) known.push_back(model.id);
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("model: expected one of [{}], which the recogniser {} has, got \"{}\"",
                          fmt::join(known, ", "), engine.name, spec.model));
}

void complete_model_and_language(JobSpec& spec, const TranscriberInfo& engine) {
  const TranscriberModel* model = chosen_model(spec, engine);
  const std::vector<std::string>& languages = model != nullptr ? model->languages : engine.languages;
  const std::string name = model != nullptr ? fmt::format("{} with the model {}", engine.name, model->id) : engine.name;
  if (spec.to_english && (model == nullptr || !model->translates))
    throw Error(ErrorCode::kUnsupported, fmt::format("task: the recogniser {} cannot translate into English", name));
  if (spec.language.empty() && languages.size() == 1) spec.language = languages.front();
  if (!spec.language.empty() && !knows(languages, spec.language)) {
    throw Error(ErrorCode::kUnsupported, fmt::format("the recogniser {} understands {}, not \"{}\"", name,
                                                     fmt::join(languages, ", "), spec.language));
  }
  if (model != nullptr) spec.model = model->id;
}

/// "en->es, en->ca (through es)"; what can be had from `source`, or everything when it is open.
std::string list_routes(std::string_view source, const Capabilities& capabilities) {
  constexpr std::size_t kMostListed = 30;
  std::vector<std::string> routes;
  for (const TranslationRoute& route : capabilities.routes) {
    if (!source.empty() && route.source != primary_language(source)) continue;
    routes.push_back(route.through.empty() ? fmt::format("{}->{}", route.source, route.target)
                                           : fmt::format("{}->{} (through {})", route.source, route.target,
                                                         fmt::join(route.through, ", ")));
  }
  if (routes.size() > kMostListed) {
    const std::size_t more = routes.size() - kMostListed;
    routes.resize(kMostListed);
    routes.push_back(fmt::format("and {} more", more));
  }
  return routes.empty() ? "nothing" : fmt::format("{}", fmt::join(routes, ", "));
}

void complete_targets(JobSpec& spec, const Capabilities& capabilities) {
  if (spec.targets.size() > kMaxTargets) {
    throw Error(ErrorCode::kInvalidInput,
                fmt::format("targets: expected at most {} languages, got {}", kMaxTargets, spec.targets.size()));
  }
  const std::string source = spec.to_english ? "en" : spec.language;
  std::set<std::string> seen;
  std::vector<std::string> targets;
  for (const std::string& target : spec.targets) {
    require_language_tag("targets", target);
    if (!seen.insert(target).second) continue;
    const auto reaches = [&](const TranslationRoute& route) {
      return (spec.translator.empty() || route.engine.starts_with(spec.translator + " ")) &&
             primary_language(route.target) == primary_language(target) &&
             (source.empty() || primary_language(route.source) == primary_language(source));
    };
    if (std::none_of(capabilities.routes.begin(), capabilities.routes.end(), reaches)) {
      throw Error(
          ErrorCode::kUnsupported,
          fmt::format(
              "cannot translate {}to \"{}\"; installed: {}. `voxlate models list --available` shows what can be "
              "had, `voxlate models get {}-{}` gets it if it is there",
              source.empty() ? "" : fmt::format("from {} ", source), target, list_routes(source, capabilities),
              source.empty() ? "en" : primary_language(source), primary_language(target)));
    }
    targets.push_back(target);
  }
  spec.targets = std::move(targets);
}

}  // namespace

std::string_view primary_language(std::string_view tag) { return tag.substr(0, tag.find('-')); }

void complete_spec(JobSpec& spec, const Capabilities& capabilities) {
  spec.source_name = safe_file_name(spec.source_name, /*max_bytes=*/200);
  complete_formats(spec);
  if (!spec.profile.empty()) subtitles::find_profile(spec.profile);  // refuses an unknown name
  if (spec.audio_track && *spec.audio_track < 0) {
    throw Error(ErrorCode::kInvalidInput, fmt::format("audio_track: expected 0 or more, got {}", *spec.audio_track));
  }
  if (spec.language == "auto") spec.language.clear();
  if (!spec.language.empty()) require_language_tag("language", spec.language);
  const TranscriberInfo& engine = chosen_engine(spec, capabilities);
  complete_model_and_language(spec, engine);
  if (!spec.vad && engine.needs_vad)
    throw Error(ErrorCode::kUnsupported,
                fmt::format("vad: the recogniser {} hears only what voice activity detection finds, expected true",
                            engine.name));
  spec.engine = engine.id;
  complete_targets(spec, capabilities);
}

std::string result_name(std::string_view source_name, std::string_view language, std::string_view extension) {
  const std::string name = safe_file_name(source_name, /*max_bytes=*/200);
  const std::size_t dot = name.rfind('.');
  const std::string_view stem = std::string_view(name).substr(0, dot == 0 ? std::string::npos : dot);
  return fmt::format("{}.{}.{}", truncate_utf8(stem, kMaxStemBytes), language, extension);
}

}  // namespace voxlate::pipeline
