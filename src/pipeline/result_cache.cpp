#include "pipeline/result_cache.h"

#include <fmt/format.h>

#include <tuple>

#include "base/hashing.h"
#include "base/log.h"
#include "subtitles/transcript_json.h"
#include "voxlate/error.h"

// Note [What a result is made of]
//
// A result may be given again when everything that it was made of is the same: the bytes of the media, the options that
// change what is heard, and what hears, which is models, settings and versions of the programs. All of it goes into one
// SHA-256, each part with its length before it, so that no two lists of parts look alike. In two steps, since they are
// known at different times: the work key, of media and options, with the job; the rest when the work begins. Jobs of
// one work key are never worked on at the same time (JobStore::claim_next), so the second finds what the first made.
// What a job wants beyond the transcript (formats, profile, targets) is in no transcript's key: it is made again, or
// has a key of its own.
//
// The owner is a part, unless `cache.share_between_users` says otherwise: the result tells nothing that whoever has the
// media could not have made, but that it is there at once tells that somebody else on this server has the same media.
// Tests: ResultCacheTest.*, RunJobTest.*, JobResults (e2e).

namespace voxlate::pipeline {
namespace {

/// Raised whenever the same input gives other results for a reason that no maker tells.
constexpr int kResultsVersion = 1;

/// A hash of a list of texts.
class Key {
 public:
  explicit Key(std::string_view kind) { add(kind); }

  Key& add(std::string_view part) {
    hash_.update(std::to_string(part.size()) + ":");
    hash_.update(part);
    return *this;
  }

  std::string finish() { return hash_.finish(); }

 private:
  Sha256 hash_;
};

}  // namespace

std::string work_key(const JobSpec& spec, std::string_view owner, std::string_view source_sha256) {
  // Every member by name: a new one does not compile until it is on one of the two lists below.
  const auto& [source_name, language, engine, model, to_english, prompt, vad, targets, translator, glossary, formats,
               profile, audio_track, priority, temperature, audio_begin, audio_length, origin, brief, webhook_url,
               cache] = spec;
  // Names, what is made of the transcript, and how soon: nothing of it changes what is heard.
  static_cast<void>(std::tie(source_name, targets, translator, glossary, formats, profile, priority, origin, brief,
                             webhook_url, cache));
  return Key("work")
      .add(owner)
      .add(source_sha256)
      .add(language)
      .add(engine)
      .add(model)
      .add(to_english ? "to English" : "")
      .add(prompt)
      .add(vad ? "vad" : "")
      .add(audio_track ? std::to_string(*audio_track) : "")
      .add(fmt::format("{}", temperature))
      .add(std::to_string(audio_begin.count()))
      .add(std::to_string(audio_length.count()))
      .finish();
}

std::string ResultCache::work_key(const JobSpec& spec, std::string_view owner, std::string_view source_sha256) const {
  return spec.cache ? pipeline::work_key(spec, sharer(owner), source_sha256) : std::string();
}

std::string ResultCache::transcript_key(const JobSpec& spec, std::string_view work_key) const {
  return Key("transcript").add(std::to_string(kResultsVersion)).add(work_key).add(makers_.recogniser(spec)).finish();
}

std::string ResultCache::translation_key(const std::string& owner, const Transcript& original, std::string_view target,
                                         const TranslateOptions& options) const {
  const auto& [engine, glossary, max_characters_per_second] = options;
  return Key("translation")
      .add(std::to_string(kResultsVersion))
      .add(sharer(owner))
      .add(subtitles::write_transcript_json(original))
      .add(target)
      .add(engine)
      .add(glossary)
      .add(fmt::format("{}", max_characters_per_second))
      .add(makers_.translator(original.language, target))
      .finish();
}

bool ResultCache::has_all(const JobSpec& spec, std::string_view work_key) const {
  return !work_key.empty() && spec.targets.empty() && cache_.get(transcript_key(spec, work_key)).has_value();
}

std::optional<Transcript> ResultCache::find(const std::string& key) const {
  const std::optional<std::string> text = cache_.get(key);
  if (!text) return std::nullopt;
  try {
    return subtitles::parse_transcript_json(*text);
  } catch (const Error& error) {  // written by something else into a shared place
    log::warning("cached result cannot be read", {{"why", error.what()}});
    cache_.erase(key);
    return std::nullopt;
  }
}

void ResultCache::keep(const std::string& key, const Transcript& result) const {
  cache_.put(key, subtitles::write_transcript_json(result));
}

}  // namespace voxlate::pipeline
