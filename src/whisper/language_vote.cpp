#include "whisper/language_vote.h"

#include <cmath>
#include <cstddef>

#include "voxlate/error.h"

namespace voxlate::whisper {

std::vector<float> language_probabilities(const WhisperModel& model,
                                          std::span<const std::shared_ptr<const EncodedAudio>> windows) {
  if (windows.empty()) throw Error(ErrorCode::kInternal, "language detection: expected a window, got none");
  const Tokenizer& tokenizer = model.tokenizer();
  const int start = tokenizer.sot();
  std::vector<float> mean(static_cast<std::size_t>(tokenizer.n_languages()));
  for (const std::shared_ptr<const EncodedAudio>& window : windows) {
    const auto session = model.network().new_session();
    const DecoderSession::Input input{.sequence = session->open(window), .tokens = {&start, 1}};
    const std::span<const float> logits = session->step({&input, 1});
    const std::span<const float> row =
        logits.subspan(static_cast<std::size_t>(tokenizer.language_token(0)), mean.size());
    const float total = model.network().log_sum_exp(row);
    for (std::size_t i = 0; i < mean.size(); ++i) {
      mean[i] += std::exp(row[i] - total) / static_cast<float>(windows.size());
    }
  }
  return mean;
}

}  // namespace voxlate::whisper
