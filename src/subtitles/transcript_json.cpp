// JSON of timed text:
//
//   transcript := { "language": tag, "language_confidence": share, "engine": text, "duration_s": seconds,
//                   "text": text, "segments": [ segment* ], "notes": [ text* ] }
//   window     := { "begin_ms": integer, "end_ms": integer, "next_ms": integer, "segments": [ segment* ] }
//   segment    := { "start": seconds, "end": seconds, "text": text, "confidence": share, "words": [ word* ],
//                   "decoding": decoding }
//   decoding   := { "tokens": [ integer* ], "temperature": number, "avg_logprob": number, "compression_ratio": number,
//                   "no_speech_prob": number, "doubt": text }
//   word       := { "word": text, "start": seconds, "end": seconds, "confidence": share }
//   seconds    := number of 0 to 10^9, to the millisecond; "start" <= "end"
//   share      := number of 0 to 1
//
// "text" of a transcript is for readers: the segments' text joined; it is not read back. "language_confidence",
// "decoding" and "next_ms" may be absent.

#include "subtitles/transcript_json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <nlohmann/json.hpp>

#include "subtitles/txt_writer.h"
#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using nlohmann::ordered_json;
using std::chrono::milliseconds;

constexpr double kMaxSeconds = 1e9;
constexpr double kMaxNumber = 1e9;
constexpr std::uint64_t kMaxToken = 1'000'000;

double seconds_of(milliseconds time) { return static_cast<double>(time.count()) / 1000.0; }

/// The shortest decimal that is this float: 0.8, not 0.800000011920929.
double shortest(float number) {
  if (!std::isfinite(number)) return 0;
  return std::stod(fmt::format("{}", number));
}

ordered_json json_of(const Word& word) {
  return {{"word", word.text},
          {"start", seconds_of(word.begin)},
          {"end", seconds_of(word.end)},
          {"confidence", shortest(word.confidence)}};
}

ordered_json json_of(const Decoding& decoding) {
  return {{"tokens", decoding.tokens},
          {"temperature", shortest(decoding.temperature)},
          {"avg_logprob", shortest(decoding.average_logprob)},
          {"compression_ratio", shortest(decoding.compression_ratio)},
          {"no_speech_prob", shortest(decoding.no_speech_probability)},
          {"doubt", decoding.doubt}};
}

ordered_json json_of(const std::vector<Segment>& segments) {
  ordered_json list = ordered_json::array();
  for (const Segment& segment : segments) {
    ordered_json words = ordered_json::array();
    for (const Word& word : segment.words) words.push_back(json_of(word));
    list.push_back({{"start", seconds_of(segment.begin)},
                    {"end", seconds_of(segment.end)},
                    {"text", segment.text},
                    {"confidence", shortest(segment.confidence)},
                    {"words", std::move(words)}});
    if (segment.decoding) list.back()["decoding"] = json_of(*segment.decoding);
  }
  return list;
}

std::string dump(const ordered_json& json) {
  return json.dump(/*indent=*/-1, /*indent_char=*/' ', /*ensure_ascii=*/false, ordered_json::error_handler_t::replace);
}

[[noreturn]] void throw_corrupt(const char* key, const char* expected) {
  throw Error(ErrorCode::kCorrupt, fmt::format("transcript JSON, \"{}\": expected {}", key, expected));
}

const ordered_json& member(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw_corrupt(key, "a value, got none");
  return *found;
}

std::string text_of(const ordered_json& value, const char* key) {
  if (!value.is_string()) throw_corrupt(key, "text");
  return value.get<std::string>();
}

std::string text_or_empty(const ordered_json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() ? std::string() : text_of(*found, key);
}

milliseconds time_of(const ordered_json& object, const char* key) {
  const ordered_json& value = member(object, key);
  const double seconds = value.is_number() ? value.get<double>() : -1;
  if (!(seconds >= 0 && seconds <= kMaxSeconds)) throw_corrupt(key, "seconds from 0 to 1e9");
  return milliseconds(std::llround(seconds * 1000.0));
}

milliseconds whole_ms_of(const ordered_json& object, const char* key) {
  const ordered_json& value = member(object, key);
  const double ms = value.is_number_integer() ? value.get<double>() : -1;
  if (!(ms >= 0 && ms <= kMaxSeconds * 1000)) throw_corrupt(key, "a whole number from 0 to 1e12");
  return milliseconds(value.get<std::int64_t>());
}

float confidence_of(const ordered_json& object, const char* key = "confidence") {
  const auto found = object.find(key);
  if (found == object.end()) return 0;
  const double share = found->is_number() ? found->get<double>() : -1;
  if (!(share >= 0 && share <= 1)) throw_corrupt(key, "a number from 0 to 1");
  return static_cast<float>(share);
}

/// The list under `key`; empty where it is absent.
const ordered_json& list_of(const ordered_json& object, const char* key) {
  static const ordered_json kEmpty = ordered_json::array();
  const auto found = object.find(key);
  if (found == object.end()) return kEmpty;
  if (!found->is_array()) throw_corrupt(key, "a list");
  return *found;
}

Word word_of(const ordered_json& json) {
  if (!json.is_object()) throw_corrupt("words", "objects");
  Word word{.text = text_of(member(json, "word"), "word"),
            .begin = time_of(json, "start"),
            .end = time_of(json, "end"),
            .confidence = confidence_of(json)};
  if (word.end < word.begin) throw_corrupt("end", "a time not before \"start\"");
  return word;
}

float number_of(const ordered_json& object, const char* key) {
  const ordered_json& value = member(object, key);
  if (!value.is_number()) throw_corrupt(key, "a number");
  const auto number = value.get<double>();
  if (!(std::abs(number) <= kMaxNumber)) throw_corrupt(key, "a number from -1e9 to 1e9");
  return static_cast<float>(number);
}

Decoding decoding_of(const ordered_json& json) {
  if (!json.is_object()) throw_corrupt("decoding", "an object");
  Decoding decoding{.tokens = {},
                    .temperature = number_of(json, "temperature"),
                    .average_logprob = number_of(json, "avg_logprob"),
                    .compression_ratio = number_of(json, "compression_ratio"),
                    .no_speech_probability = number_of(json, "no_speech_prob"),
                    .doubt = text_or_empty(json, "doubt")};
  for (const ordered_json& token : list_of(json, "tokens")) {
    if (!token.is_number_unsigned() || token.get<std::uint64_t>() > kMaxToken) throw_corrupt("tokens", "token ids");
    decoding.tokens.push_back(token.get<int>());
  }
  return decoding;
}

Segment segment_of(const ordered_json& json) {
  if (!json.is_object()) throw_corrupt("segments", "objects");
  Segment segment{.begin = time_of(json, "start"),
                  .end = time_of(json, "end"),
                  .text = text_of(member(json, "text"), "text"),
                  .words = {},
                  .confidence = confidence_of(json)};
  if (segment.end < segment.begin) throw_corrupt("end", "a time not before \"start\"");
  for (const ordered_json& word : list_of(json, "words")) segment.words.push_back(word_of(word));
  if (const auto decoding = json.find("decoding"); decoding != json.end()) segment.decoding = decoding_of(*decoding);
  return segment;
}

std::vector<Segment> segments_of(const ordered_json& object) {
  std::vector<Segment> segments;
  if (!member(object, "segments").is_array()) throw_corrupt("segments", "a list");
  for (const ordered_json& segment : member(object, "segments")) segments.push_back(segment_of(segment));
  return segments;
}

ordered_json parse_object(std::string_view text) {
  ordered_json json;
  try {
    json = ordered_json::parse(text);
  } catch (const ordered_json::exception& error) {
    throw Error(ErrorCode::kCorrupt, std::string("transcript JSON: ") + error.what());
  }
  if (!json.is_object()) throw Error(ErrorCode::kCorrupt, "transcript JSON: expected an object");
  return json;
}

}  // namespace

std::string write_transcript_json(const Transcript& transcript) {
  ordered_json json = {{"language", transcript.language}};
  if (transcript.language_confidence > 0) json["language_confidence"] = shortest(transcript.language_confidence);
  json["engine"] = transcript.engine;
  json["duration_s"] = seconds_of(transcript.duration);
  json["text"] = join_segments(transcript);
  json["segments"] = json_of(transcript.segments);
  json["notes"] = transcript.notes;
  return dump(json);
}

std::string write_window_json(const Window& window) {
  return dump({{"begin_ms", window.begin.count()},
               {"end_ms", window.end.count()},
               {"next_ms", window.next.count()},
               {"segments", json_of(window.segments)}});
}

Transcript parse_transcript_json(std::string_view text) {
  const ordered_json json = parse_object(text);
  Transcript transcript{.language = text_or_empty(json, "language"),
                        .engine = text_or_empty(json, "engine"),
                        .duration = time_of(json, "duration_s"),
                        .segments = segments_of(json),
                        .language_confidence = confidence_of(json, "language_confidence"),
                        .notes = {}};
  for (const ordered_json& note : list_of(json, "notes")) transcript.notes.push_back(text_of(note, "notes"));
  return transcript;
}

Window parse_window_json(std::string_view text) {
  const ordered_json json = parse_object(text);
  return {.begin = whole_ms_of(json, "begin_ms"),
          .end = whole_ms_of(json, "end_ms"),
          .segments = segments_of(json),
          .next = json.contains("next_ms") ? whole_ms_of(json, "next_ms") : milliseconds(0)};
}

}  // namespace voxlate::subtitles
