#pragma once

#include "http/api.h"
#include "http/message.h"

namespace voxlate::http {

/// Routes in the words of other servers, for their clients (api.md, 2 and 3).

Response openai_transcribe(Api& api, Request& request);
Response openai_translate(Api& api, Request& request);
Response openai_speak(Api& api, Request& request);
Response openai_list_models(Api& api, Request& request);
Response openai_show_model(Api& api, Request& request);

Response whisper_cpp_inference(Api& api, Request& request);
Response whisper_cpp_load(Api& api, Request& request);

Response asr_transcribe(Api& api, Request& request);
Response asr_detect_language(Api& api, Request& request);

Response text_translate(Api& api, Request& request);
Response text_detect(Api& api, Request& request);
Response text_languages(Api& api, Request& request);
Response text_translate_file(Api& api, Request& request);
Response text_download_file(Api& api, Request& request);
Response text_frontend_settings(Api& api, Request& request);

}  // namespace voxlate::http
