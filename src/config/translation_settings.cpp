#include <algorithm>

#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

// Empty for all.
std::vector<std::string> parse_pairs(std::string_view text) {
  std::vector<std::string> pairs = text == "all" ? std::vector<std::string>{} : parse_list(text);
  for (const std::string& pair : pairs) {
    const std::size_t dash = pair.find('-');
    if (dash == std::string::npos || dash == 0 || dash + 1 == pair.size()) {
      expected("pairs such as en-es, or all", pair);
    }
  }
  return pairs;
}

SettingValue pairs(std::vector<std::string> Config::*member) {
  SettingValue value = parsed(member, parse_pairs);
  value.show = [member](const Config& config) {
    return (config.*member).empty() ? std::string("all") : show(config.*member);
  };
  return value;
}

/// http:// or https://, a host, perhaps a port and a path.
std::string parse_server_url(std::string_view value) {
  if (value.empty()) return {};
  std::string_view rest = value;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const std::string_view host = rest.substr(0, rest.find('/'));
  const bool has_scheme = rest.size() < value.size();
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
  // An address with a password would show it: `voxlate doctor` prints settings.
  if (host.find('@') != std::string_view::npos) expected("an address without a name and a password", "...@...");
  if (!has_scheme || host.empty() || host.front() == ':' || !is_plain || value.find_first_of("?#") != value.npos)
    expected("an address such as http://127.0.0.1:8080/v1, or nothing", value);
  return std::string(value);
}

/// Each two or three letters, perhaps with a script or region.
std::vector<std::string> parse_languages(std::string_view value) {
  std::vector<std::string> tags = parse_list(value);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (const std::string& tag : tags) {
    const std::size_t base = std::min(tag.find_first_not_of(kLetters), tag.size());
    const bool is_tag = (base == 2 || base == 3) && (base == tag.size() || tag[base] == '-') && tag.back() != '-' &&
                        tag.find_first_not_of("0123456789-" + std::string(kLetters)) == std::string::npos;
    if (!is_tag) expected("language tags such as en or pt-BR", tag);
  }
  if (tags.size() == 1) expected("at least two languages, or none for the default", value);
  return tags;
}

}  // namespace

std::vector<Setting> translation_settings() {
  return {
      {"translation.device",
       "of neural translation: auto (CUDA where there is a device, else the CPU), cpu, cuda, or cuda:1",
       device(&Config::translation_device)},
      {"translation.compute_type",
       "of neural translation: auto (float16 on CUDA, else int8 where the file has integers), float32, float16, int8",
       choice(&Config::translation_compute_type, {"auto", "float32", "float16", "int8"})},
      {"translation.beam_size", "translations of a sentence that are followed side by side; 1: greedy",
       whole(&Config::translation_beam_size, 1, 16)},
      {"translation.max_sentences", "sentences translated at once by a model",
       whole(&Config::translation_max_sentences, 1, 256)},
      {"translation.cache_mb",
       "memory for translations of sentences that come again, where cache.type is memory; 0: none are kept anywhere",
       whole(&Config::translation_cache_mb, 0, 4096)},
      {"translation.max_text_characters", "of all texts in one request to /translate, 100 to 1000000",
       whole(&Config::max_text_characters, 100, 1'000'000)},
      {"translation.max_texts", "texts in one request to /translate, 1 to 10000", whole(&Config::max_texts, 1, 10'000)},
      {"translation.modes_dir", "folder of Apertium's installed modes", plain(&Config::apertium_modes_dir)},
      {"translation.pairs", "pairs to offer, as en-es; all: every one installed", pairs(&Config::translation_pairs)},
      {"translation.libretranslate_url",
       "server with LibreTranslate's protocol, as http://127.0.0.1:5000; the text goes there; empty: none",
       parsed(&Config::libretranslate_url, parse_server_url)},
      {"translation.libretranslate_key_file",
       "file with its key in one line; the environment's VOXLATE_LIBRETRANSLATE_KEY comes before it",
       plain(&Config::libretranslate_key_file)},
      {"translation.chat_url",
       "server for chat completions, as http://127.0.0.1:11434/v1; the text goes there; empty: none",
       parsed(&Config::chat_url, parse_server_url)},
      {"translation.chat_model", "its model, as the server names it", plain(&Config::chat_model)},
      {"translation.chat_key_file", "file with its key in one line; the environment's VOXLATE_CHAT_KEY comes before it",
       plain(&Config::chat_key_file)},
      {"translation.chat_languages",
       "languages that the model is offered for, each into each; empty: the 20 that most people speak, and Thai",
       parsed(&Config::chat_languages, parse_languages)},
      {"translation.chat_response_format",
       "how the server is held to JSON: json_object, json_schema, or none where it refuses both",
       choice(&Config::chat_response_format, {"none", "json_object", "json_schema"})},
      {"translation.remote_first",
       "true: servers come before what is installed here; false: only where that has no pair, or fails",
       flag(&Config::translation_remote_first)},
      {"translation.remote_timeout_seconds", "for a server to translate up to 16 sentences, 1 to 1800",
       whole(&Config::translation_remote_timeout, 1, 1800)},
      {"translation.remote_requests", "requests to one server at once, 1 to 64",
       whole(&Config::translation_remote_requests, 1, 64)},
  };
}

}  // namespace voxlate::config
