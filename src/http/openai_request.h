#pragma once

#include <variant>

#include "http/speech_request.h"

namespace voxlate::http {

/// How the answer to a transcription is wanted.
struct OpenAiAnswer {
  enum class Form { kJson, kText, kSrt, kVtt, kVerboseJson };
  Form form = Form::kJson;
  bool segments = true;  ///< of verbose JSON
  bool words = false;    ///< of verbose JSON
  bool stream = false;
};

enum class OpenAiTask { kTranscribe, kTranslate };

struct OpenAiRequest {
  SpeechOptions options;
  OpenAiAnswer answer;
};

/// Reads the fields of `POST /v1/audio/transcriptions` and `/translations`; those that are not known are passed over,
/// as clients of servers like OpenAI's send more than OpenAI's.
std::variant<OpenAiRequest, Problem> parse_openai_request(const Api& api, const FormFields& fields, OpenAiTask task);

}  // namespace voxlate::http
