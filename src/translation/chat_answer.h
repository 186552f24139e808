#pragma once

#include <span>
#include <string>
#include <string_view>

#include "translation/sentence_batches.h"

namespace voxlate::translation {

/// What a language model wrote when it was asked for `{"1": "…", "2": "…"}`, one translation a sentence of `batch`.
/// Thinking aloud (`<think>…</think>`), code fences, chatter around the object and an object around it are dropped.
/// Refused: other keys, values that are no texts, translations that are empty, far too long or far too short.
BatchAnswer parse_chat_answer(std::string_view content, std::span<const std::string> batch);

/// `{"1": "…", "2": "…"}`: the sentences of `batch` as a model is shown them.
std::string numbered_json(std::span<const std::string> batch);

}  // namespace voxlate::translation
