#include "app/remote_translators.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "base/file.h"
#include "base/log.h"
#include "remote/address.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr std::uint64_t kMaxKeyBytes = 4096;

/// Printable ASCII without blanks: it becomes a header field.
bool is_key(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
}

/// The key from the environment, else the one in the file, else none. Messages name the setting, never the key.
std::string key_of(const std::string& from_environment, const std::filesystem::path& file, std::string_view setting) {
  if (from_environment.empty() && file.empty()) return {};
  std::string key = from_environment;
  if (key.empty()) {
    try {
      key = read_file(file, kMaxKeyBytes);
    } catch (const Error& error) {
      throw Error(ErrorCode::kInvalidInput, fmt::format("{}: cannot be read: {}", setting, error.what()));
    }
    while (!key.empty() && (key.back() == '\n' || key.back() == '\r')) key.pop_back();
  }
  if (is_key(key)) return key;
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("{}: expected a key of printable characters in one line, got something else in the {}",
                          setting, from_environment.empty() ? "file" : "environment"));
}

void warn_of_open_key(const std::string& url, const std::string& key) {
  const remote::Address address(url);
  if (key.empty() || address.is_https() || address.is_this_machine()) return;
  log::warning("a key is sent without encryption: use https", {{"host", address.host()}});
}

remote::HttpOptions http_options(const Config& config) {
  return {.timeout = config.translation_remote_timeout, .max_requests = config.translation_remote_requests};
}

translation::ChatFormat chat_format(const Config& config) {
  if (config.chat_response_format == "json_schema") return translation::ChatFormat::kSchema;
  if (config.chat_response_format == "none") return translation::ChatFormat::kNone;
  return translation::ChatFormat::kObject;
}

/// Prints what `ask` returns, or why it failed.
template <typename Ask>
bool report(std::string_view name, const std::string& url, const Ask& ask) {
  try {
    fmt::print("  {:<16} {}: reachable, {}\n", name, url, ask());
    return true;
  } catch (const Error& error) {
    fmt::print("  {:<16} {}: not usable now: {}\n", name, url, error.what());
    return false;
  }
}

}  // namespace

std::unique_ptr<translation::LibreTranslateEngine> make_libretranslate(const Config& config) {
  if (config.libretranslate_url.empty()) return nullptr;
  translation::LibreTranslateOptions options{
      .url = config.libretranslate_url,
      .key = key_of(config.libretranslate_key, config.libretranslate_key_file, "translation.libretranslate_key_file"),
      .http = http_options(config)};
  warn_of_open_key(options.url, options.key);
  return std::make_unique<translation::LibreTranslateEngine>(std::move(options));
}

std::unique_ptr<translation::ChatEngine> make_chat(const Config& config) {
  if (config.chat_url.empty()) return nullptr;
  if (config.chat_model.empty()) {
    throw Error(ErrorCode::kInvalidInput,
                "translation.chat_model: expected the name that the server at translation.chat_url has for its "
                "model, got nothing");
  }
  translation::ChatOptions options{.url = config.chat_url,
                                   .model = config.chat_model,
                                   .key = key_of(config.chat_key, config.chat_key_file, "translation.chat_key_file"),
                                   .languages = config.chat_languages,
                                   .format = chat_format(config),
                                   .http = http_options(config)};
  warn_of_open_key(options.url, options.key);
  return std::make_unique<translation::ChatEngine>(std::move(options));
}

bool report_remote_translators(const Config& config) {
  bool all_usable = true;
  if (const auto libretranslate = make_libretranslate(config)) {
    all_usable &= report("libretranslate", config.libretranslate_url, [&] {
      libretranslate->refresh({});
      return fmt::format("{} pairs of languages", libretranslate->pairs().size());
    });
  }
  if (const auto chat = make_chat(config)) {
    all_usable &= report("chat", config.chat_url, [&] {
      chat->check({});
      return fmt::format("model {} for {} pairs of languages", config.chat_model, chat->pairs().size());
    });
  }
  return all_usable;
}

}  // namespace voxlate::app
