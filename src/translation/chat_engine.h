#pragma once

#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "remote/http_client.h"
#include "translation/sentence_batches.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

/// How a server is asked for JSON, beside the words of the prompt.
enum class ChatFormat {
  kNone,    ///< not at all: for servers that refuse the other two
  kObject,  ///< `response_format` json_object
  kSchema,  ///< `response_format` json_schema, with the numbers wanted
};

struct ChatOptions {
  std::string url;  ///< what comes before /chat/completions: "http://127.0.0.1:8080/v1"
  std::string model;
  std::string key;                     ///< empty: none
  std::vector<std::string> languages;  ///< BCP 47; empty: `default_chat_languages`
  ChatFormat format = ChatFormat::kObject;
  remote::HttpOptions http;
  BatchOptions batch{.tries_of_one = 2};
};

/// The languages of the browser client and the twenty that most people speak.
std::vector<std::string> default_chat_languages();

/// A language model behind the protocol of chat completions (llama.cpp, Ollama, vLLM, hosted ones): numbered
/// sentences in, JSON out. Thread-safe.
class ChatEngine final : public SentenceEngine {
 public:
  /// Asks nobody. Throws `kInvalidInput` when no model is named.
  explicit ChatEngine(ChatOptions options);

  /// Each of the languages into each.
  std::vector<EnginePair> pairs() const override;
  std::string notice() const override;
  std::string kind() const override { return "chat"; }
  PlaceHolders place_holders() const override { return PlaceHolders::kTags; }

  /// Every translation was checked: there is one a sentence, and none is empty or absurd. A batch whose answer is
  /// not what was asked for is halved. Messages hold neither the key nor the text.
  std::vector<std::string> translate(std::span<const std::string> sentences, const std::string& source,
                                     const std::string& target, std::stop_token stop) override;

  /// Asks the server whether it is there and accepts the key; for diagnosis. Throws what `translate` throws.
  void check(const std::stop_token& stop);

 private:
  BatchAnswer ask(const std::string& prompt, const std::vector<std::string>& batch, const std::stop_token& stop);

  const ChatOptions options_;
  const std::string host_;
  remote::HttpClient client_;
};

}  // namespace voxlate::translation
