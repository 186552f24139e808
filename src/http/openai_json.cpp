#include "http/openai_json.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "http/language_names.h"
#include "http/speech_request.h"

namespace voxlate::http {
namespace {

using Json = nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr int kFramesPerSecond = 100;  // of a model's spectra: what "seek" counts

std::string dump(const Json& document) { return document.dump(-1, ' ', false, Json::error_handler_t::replace); }

double seconds(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

double shown(float number) { return std::isfinite(number) ? std::round(number * 1e6) / 1e6 : 0; }

// Whole seconds, rounded up, as they are billed.
Json usage_of(milliseconds length) {
  return {{"type", "duration"}, {"seconds", static_cast<std::int64_t>(std::ceil(seconds(length)))}};
}

// Engines that tell nothing of their decoding have only a confidence.
Decoding decoding_of(const Segment& segment) {
  if (segment.decoding) return *segment.decoding;
  constexpr float kLeast = 1e-4F;
  Decoding decoding;
  decoding.average_logprob = segment.confidence > 0 ? std::log(std::max(segment.confidence, kLeast)) : 0;
  decoding.compression_ratio = 1;
  return decoding;
}

Json words_of(const Segment& segment) {
  Json words = Json::array();
  for (const Word& word : segment.words)
    words.push_back({{"word", word.text}, {"start", seconds(word.begin)}, {"end", seconds(word.end)}});
  return words;
}

Json segments_of(const Transcript& transcript, bool words) {
  Json segments = Json::array();
  for (const Segment& segment : transcript.segments) {
    const Decoding decoding = decoding_of(segment);
    Json one = {{"id", segments.size()},
                {"seek", segment.begin.count() * kFramesPerSecond / 1000},
                {"start", seconds(segment.begin)},
                {"end", seconds(segment.end)},
                {"text", segments.empty() ? segment.text : " " + segment.text},
                {"tokens", decoding.tokens},
                {"temperature", shown(decoding.temperature)},
                {"avg_logprob", shown(decoding.average_logprob)},
                {"compression_ratio", shown(decoding.compression_ratio)},
                {"no_speech_prob", shown(decoding.no_speech_probability)}};
    if (words) {
      one["words"] = words_of(segment);
      for (std::size_t i = 0; i < segment.words.size(); ++i)
        one["words"][i]["probability"] = shown(segment.words[i].confidence);
    }
    segments.push_back(std::move(one));
  }
  return segments;
}

Json model_of(std::string_view id) {
  return {{"id", id}, {"object", "model"}, {"created", 0}, {"owned_by", "voxlate"}};
}

}  // namespace

std::string openai_text_json(std::string_view text, milliseconds length) {
  return dump({{"text", text}, {"usage", usage_of(length)}});
}

std::string plain_text_json(std::string_view text) { return dump({{"text", text}}); }

std::string openai_verbose_json(const Transcript& transcript, std::string_view task, milliseconds length,
                                const VerboseParts& parts) {
  Json document = {{"task", task},
                   {"language", language_name(transcript.language)},
                   {"duration", seconds(length)},
                   {"text", text_of(transcript)}};
  if (parts.segments) document["segments"] = segments_of(transcript, parts.words_in_segments);
  if (parts.words) {
    Json words = Json::array();
    for (const Segment& segment : transcript.segments) {
      for (Json& word : words_of(segment)) words.push_back(std::move(word));
    }
    document["words"] = std::move(words);
  }
  document["usage"] = usage_of(length);
  return dump(document);
}

std::string whisper_result_json(const Transcript& transcript, bool words) {
  return dump(
      {{"text", text_of(transcript)}, {"segments", segments_of(transcript, words)}, {"language", transcript.language}});
}

std::string detected_language_json(std::string_view language, float confidence) {
  return dump(
      {{"detected_language", language_name(language)}, {"language_code", language}, {"confidence", shown(confidence)}});
}

std::string openai_delta_json(std::string_view delta) {
  return dump({{"type", "transcript.text.delta"}, {"delta", delta}});
}

std::string openai_done_json(std::string_view text, milliseconds length) {
  return dump({{"type", "transcript.text.done"}, {"text", text}, {"usage", usage_of(length)}});
}

std::vector<std::string> openai_models(const Capabilities& capabilities) {
  std::vector<std::string> ids;
  if (!capabilities.engines.empty()) ids.emplace_back("whisper-1");
  const auto add = [&](const std::string& id) {
    if (std::ranges::find(ids, id) == ids.end()) ids.push_back(id);
  };
  for (const TranscriberInfo& engine : capabilities.engines) {
    if (engine.models.empty()) add(engine.id);
    for (const TranscriberModel& model : engine.models) {
      if (!model.awaited) add(model.id);
    }
  }
  return ids;
}

std::string openai_models_json(const std::vector<std::string>& ids) {
  Json models = Json::array();
  for (const std::string& id : ids) models.push_back(model_of(id));
  return dump({{"object", "list"}, {"data", std::move(models)}});
}

std::string openai_model_json(std::string_view id) { return dump(model_of(id)); }

}  // namespace voxlate::http
