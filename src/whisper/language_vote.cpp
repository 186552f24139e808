#include "whisper/language_vote.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

#include "voxlate/error.h"
#include "whisper/languages.h"

namespace voxlate::whisper {

std::vector<float> language_probabilities(const WhisperModel& model, std::span<const std::vector<float>> windows) {
  if (windows.empty()) throw Error(ErrorCode::kInternal, "language detection: expected a window, got none");
  const Tokenizer& tokenizer = model.tokenizer();
  const int start = tokenizer.sot();
  std::vector<float> mean(static_cast<std::size_t>(tokenizer.n_languages()));
  for (const std::vector<float>& samples : windows) {
    const WindowAudio window{.samples = samples, .before = {}};
    const auto session = model.network().new_session();
    const DecoderSession::Input input{.sequence = session->open(model.network().encode({&window, 1}).front()),
                                      .tokens = {&start, 1}};
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

int vote_for_language(const WhisperModel& model, std::span<const std::vector<float>> windows) {
  if (!model.tokenizer().is_multilingual()) return find_language("en").value_or(0);
  const std::vector<float> probabilities = language_probabilities(model, windows);
  return static_cast<int>(std::max_element(probabilities.begin(), probabilities.end()) - probabilities.begin());
}

}  // namespace voxlate::whisper
