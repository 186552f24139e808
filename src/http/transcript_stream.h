#pragma once

#include "http/speech_request.h"

namespace voxlate::http {

/// The text of a job as its windows are finished, in OpenAI's events: `transcript.text.delta` with new text, at the
/// end `transcript.text.done` with all of it, or an event with an error. The deltas come in the order of their times.
Response transcript_stream(Api& api, AwaitedSpeech speech);

}  // namespace voxlate::http
