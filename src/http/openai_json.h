#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/system_status.h"
#include "voxlate/transcript.h"

namespace voxlate::http {

/// The documents of OpenAI's audio API and those that are like them. Malformed UTF-8 is replaced.

/// {"text", "usage"}; `length` is of the media.
std::string openai_text_json(std::string_view text, std::chrono::milliseconds length);

/// {"text"}
std::string plain_text_json(std::string_view text);

struct VerboseParts {
  bool segments = true;
  bool words = false;
  bool words_in_segments = false;  ///< as whisper.cpp has them
};

/// "verbose_json".
std::string openai_verbose_json(const Transcript& transcript, std::string_view task, std::chrono::milliseconds length,
                                const VerboseParts& parts);

/// {"text", "segments", "language"}: whisper-asr-webservice.
std::string whisper_result_json(const Transcript& transcript, bool words);

/// {"detected_language", "language_code", "confidence"}: whisper-asr-webservice.
std::string detected_language_json(std::string_view language, float confidence);

std::string openai_delta_json(std::string_view delta);
std::string openai_done_json(std::string_view text, std::chrono::milliseconds length);

/// Names of models for OpenAI's clients: the alias of the default one, those of each engine, engines without any.
std::vector<std::string> openai_models(const Capabilities& capabilities);
std::string openai_models_json(const std::vector<std::string>& ids);
std::string openai_model_json(std::string_view id);

}  // namespace voxlate::http
