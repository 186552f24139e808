#include "http/job_request.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "base/utf8.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxListItems = 32;
constexpr std::size_t kMaxNameBytes = 255;
constexpr int kMaxAudioTrack = 999;

constexpr std::size_t kMaxPromptBytes = 4096;
constexpr std::size_t kMaxGlossaryBytes = 64 << 10;

constexpr std::array<std::string_view, 18> kFieldNames = {
    "kind",    "translator", "glossary", "language",    "engine",   "model",       "task",  "prompt", "vad",
    "targets", "formats",    "profile",  "audio_track", "priority", "webhook_url", "cache", "file",   "upload"};

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

std::string joined(const auto& names) {
  std::string result;
  for (const auto& name : names) result += (result.empty() ? "" : ", ") + std::string(name);
  return result;
}

// Levenshtein distance, for "did you mean".
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

std::string unknown_field(std::string_view name) {
  constexpr std::size_t kMaxNearby = 3;
  std::string detail = "There is no such field.";
  const auto nearest = std::ranges::min_element(
      kFieldNames, {}, [&](std::string_view known) { return distance(name.substr(0, 64), known); });
  if (distance(name.substr(0, 64), *nearest) <= kMaxNearby) {
    detail += " Did you mean \"" + std::string(*nearest) + "\"?";
  }
  return detail + " Known are: " + joined(kFieldNames) + ".";
}

// A language tag by its form: letters, then parts of letters and digits joined by hyphens (RFC 5646).
bool is_language_tag(std::string_view text) {
  if (text.size() > 35) return false;
  bool first = true;
  while (true) {
    const auto hyphen = text.find('-');
    const std::string_view part = text.substr(0, hyphen);
    if (part.empty() || part.size() > 8 || (first && part.size() < 2)) return false;
    if (!std::ranges::all_of(part, [&](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (!first && c >= '0' && c <= '9');
        })) {
      return false;
    }
    if (hyphen == std::string_view::npos) return true;
    text.remove_prefix(hyphen + 1);
    first = false;
  }
}

bool is_name(std::string_view text) {
  return text.size() <= 64 && std::ranges::all_of(text, [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' ||
                  c == '.' || c == ':' || c == '/';
         });
}

// What the names of files may hold.
bool is_model_id(std::string_view text) {
  return text.size() <= kMaxNameBytes && is_utf8(text) &&
         std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

class Reader {
 public:
  explicit Reader(std::string_view source_name) { spec_.source_name = safe_file_name(source_name, kMaxNameBytes); }

  void read(const std::string& field, std::string_view raw) {
    const std::string name = field.ends_with("[]") ? field.substr(0, field.size() - 2) : field;
    const std::string_view value = trim(raw);
    if (name == "targets")
      read_list(name, value, spec_.targets, is_language_tag, "a language tag such as \"es\"");
    else if (name == "formats")
      read_list(name, value, spec_.formats, is_format, "one of srt, vtt, txt, tsv, json");
    else if (name != field || std::ranges::find(kFieldNames, name) == kFieldNames.end() || name == "file" ||
             name == "upload")
      refuse_name(field);
    else if (std::ranges::find(seen_, name) != seen_.end())
      fail(name, "The field is given twice.");
    else
      read_single(name, value);
  }

  std::variant<JobSpec, Problem> result() && {
    if (errors_.empty()) return std::move(spec_);
    std::string detail;
    for (const ProblemItem& item : errors_)
      detail += (detail.empty() ? "" : " ") + item.pointer.substr(1) + ": " + item.detail;
    return Problem{.code = only_unknown_ ? "unknown_field" : "invalid_input",
                   .detail = repair_utf8(detail),
                   .errors = std::move(errors_)};
  }

 private:
  static bool is_format(std::string_view text) {
    constexpr std::array<std::string_view, 5> kFormats = {"srt", "vtt", "txt", "tsv", "json"};
    return std::ranges::find(kFormats, text) != kFormats.end();
  }

  void fail(const std::string& field, std::string detail) {
    errors_.push_back({.pointer = "/" + field, .detail = std::move(detail)});
    only_unknown_ = false;
  }

  void refuse_name(const std::string& field) {
    const bool only_unknown = only_unknown_;
    fail(std::string(truncate_utf8(repair_utf8(field), 64)),
         field == "file"     ? "The part \"file\" must be a file: it needs a file name."
         : field == "upload" ? "An upload is named once, and not together with a file."
                             : unknown_field(field));
    only_unknown_ = only_unknown && field != "file" && field != "upload";
  }

  void read_list(const std::string& field, std::string_view text, std::vector<std::string>& list,
                 bool (*accepts)(std::string_view), std::string_view expected) {
    while (!text.empty()) {
      const auto comma = text.find(',');
      const std::string_view item = trim(text.substr(0, comma));
      text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
      if (item.empty() || std::ranges::find(list, item) != list.end()) continue;
      if (!accepts(item)) return fail(field, "Expected " + std::string(expected) + ", got " + quoted(item) + ".");
      if (list.size() == kMaxListItems) return fail(field, "At most " + std::to_string(kMaxListItems) + " are taken.");
      list.emplace_back(item);
    }
  }

  void read_single(const std::string& field, std::string_view value) {
    seen_.push_back(field);
    if (field == "kind") {
      if (!value.empty() && value != "transcribe") fail(field, "Expected \"transcribe\", got " + quoted(value) + ".");
    } else if (field == "language") {
      if (value.empty() || value == "auto") return;
      if (is_language_tag(value))
        spec_.language = value;
      else
        fail(field, "Expected a language tag such as \"en\", or \"auto\", got " + quoted(value) + ".");
    } else if (field == "engine" || field == "profile") {
      if (!is_name(value)) return fail(field, "Expected a name, got " + quoted(value) + ".");
      (field == "engine" ? spec_.engine : spec_.profile) = value;
    } else if (field == "model") {
      if (!is_model_id(value)) return fail(field, "Expected the name of a model, got " + quoted(value) + ".");
      spec_.model = value;
    } else if (field == "task") {
      if (!value.empty() && value != "transcribe" && value != "translate")
        return fail(field, "Expected \"transcribe\" or \"translate\" (into English), got " + quoted(value) + ".");
      spec_.to_english = value == "translate";
    } else if (field == "prompt") {
      if (value.size() > kMaxPromptBytes)
        return fail(field, "At most " + std::to_string(kMaxPromptBytes) + " bytes are taken.");
      spec_.prompt = repair_utf8(value);
    } else if (field == "translator") {
      if (value.empty() || value == "auto") return;
      if (!is_name(value)) return fail(field, "Expected a name, got " + quoted(value) + ".");
      spec_.translator = value;
    } else if (field == "glossary") {
      if (value.size() > kMaxGlossaryBytes)
        return fail(field, "At most " + std::to_string(kMaxGlossaryBytes) + " bytes are taken.");
      spec_.glossary = repair_utf8(value);
    } else if (field == "vad") {
      read_flag(field, value, spec_.vad);
    } else if (field == "cache") {
      read_flag(field, value, spec_.cache);
    } else if (field == "audio_track") {
      read_track(value);
    } else if (field == "priority") {
      read_priority(value);
    } else if (field == "webhook_url") {
      spec_.webhook_url = value;  // what may be called is judged by the rules for addresses
    }
  }

  void read_flag(const std::string& field, std::string_view value, bool& flag) {
    if (!value.empty() && value != "true" && value != "false")
      return fail(field, "Expected true or false, got " + quoted(value) + ".");
    flag = value != "false";
  }

  void read_track(std::string_view value) {
    if (value.empty()) return;
    int track = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), track);
    if (error != std::errc() || end != value.data() + value.size() || track < 0 || track > kMaxAudioTrack) {
      return fail("audio_track",
                  "Expected a number from 0 to " + std::to_string(kMaxAudioTrack) + ", got " + quoted(value) + ".");
    }
    spec_.audio_track = track;
  }

  void read_priority(std::string_view value) {
    if (value.empty()) return;
    for (const Priority priority : {Priority::kLow, Priority::kNormal, Priority::kHigh, Priority::kUrgent}) {
      if (value == to_string(priority)) {
        spec_.priority = priority;
        return;
      }
    }
    fail("priority", "Expected one of low, normal, high, urgent, got " + quoted(value) + ".");
  }

  static std::string quoted(std::string_view text) {
    return "\"" + std::string(truncate_utf8(repair_utf8(text), 64)) + "\"";
  }

  JobSpec spec_;
  std::vector<std::string> seen_;
  std::vector<ProblemItem> errors_;
  bool only_unknown_ = true;
};

}  // namespace

std::variant<JobSpec, Problem> parse_job_request(const FormFields& fields, std::string_view source_name) {
  Reader reader(source_name);
  for (const auto& [name, value] : fields) reader.read(name, value);
  return std::move(reader).result();
}

std::optional<std::string> take_upload_id(FormFields& fields) {
  const auto found = std::ranges::find(fields, std::string("upload"), &FormFields::value_type::first);
  if (found == fields.end()) return std::nullopt;
  std::string id(trim(found->second));
  fields.erase(found);
  return id;
}

std::string canonical_form(const JobSpec& spec) {
  const nlohmann::json form = {
      {"source_name", spec.source_name},
      {"language", spec.language},
      {"engine", spec.engine},
      {"model", spec.model},
      {"task", spec.to_english ? "translate" : "transcribe"},
      {"prompt", spec.prompt},
      {"vad", spec.vad},
      {"targets", spec.targets},
      {"translator", spec.translator},
      {"glossary", spec.glossary},
      {"formats", spec.formats},
      {"profile", spec.profile},
      {"audio_track", spec.audio_track.value_or(-1)},
      {"priority", to_string(spec.priority)},
      {"webhook_url", spec.webhook_url},
      {"cache", spec.cache},
  };
  return form.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<std::string> parse_idempotency_key(std::string_view header) {
  if (header.size() >= 2 && header.starts_with('"') && header.ends_with('"')) {
    header = header.substr(1, header.size() - 2);
  }
  const bool usable =
      header.size() >= 16 && header.size() <= 64 && std::ranges::all_of(header, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '-';
      });
  return usable ? std::optional(std::string(header)) : std::nullopt;
}

}  // namespace voxlate::http
