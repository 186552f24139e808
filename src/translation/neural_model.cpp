#include "translation/neural_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <future>
#include <utility>

#include "translation/language_codes.h"
#include "translation/text_layout.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

/// A translation is at most so much longer than its sentence, in tokens: what is longer has gone wrong.
constexpr int kMostGrowth = 3;
constexpr int kMostMore = 32;

int required(const Vocabulary& vocabulary, const std::string& token) {
  const std::optional<int> id = vocabulary.find(token);
  if (!id) throw Error(ErrorCode::kCorrupt, fmt::format("vocabulary: expected the token \"{}\" in it", token));
  return *id;
}

}  // namespace

/// A sentence, or what of it the network takes at once, on its way.
struct NeuralModel::Part {
  std::vector<std::string> read;  ///< the source as its tokens
  SentenceBatcher::Request asked;
  std::future<SentenceBatcher::Result> waiting;
  SentenceBatcher::Result result;
};

std::shared_ptr<const NeuralModel> NeuralModel::load(const std::filesystem::path& folder, const NetworkBuilder& build,
                                                     const Options& options) {
  return std::shared_ptr<const NeuralModel>(new NeuralModel(read_neural_parts(folder, build), options));
}

NeuralModel::NeuralModel(NeuralParts parts, const Options& options)
    : options_(options),
      parts_(std::move(parts)),
      end_(required(*parts_.target, parts_.end)),
      source_unknown_(required(*parts_.source, parts_.unknown)),
      unknown_(parts_.target->find(parts_.unknown).value_or(-1)),
      batcher_(std::make_unique<SentenceBatcher>(*parts_.network, options.batch)) {}

std::string NeuralModel::language_token(const std::string& language) const {
  const auto& tokens = parts_.languages.tokens;
  auto found = tokens.find(normalise_tag(language));
  if (found == tokens.end()) found = tokens.find(base_language(language));
  if (found == tokens.end())
    throw Error(ErrorCode::kUnsupported, fmt::format("the translation model does not know \"{}\"", language));
  return found->second;
}

/// The pieces of a sentence with the tokens that belong before and behind it.
std::vector<std::string> NeuralModel::around(const Request& request, std::vector<std::string> pieces) const {
  if (!parts_.before.empty()) pieces.insert(pieces.begin(), parts_.before);
  switch (parts_.languages.kind) {
    case LanguageTokens::kNone: break;
    case LanguageTokens::kTarget: pieces.insert(pieces.begin(), language_token(request.target)); break;
    case LanguageTokens::kBoth: pieces.insert(pieces.begin(), language_token(request.source)); break;
  }
  if (!parts_.behind.empty()) pieces.push_back(parts_.behind);
  return pieces;
}

NeuralModel::Part NeuralModel::submit_part(std::vector<std::string> pieces, const Request& request) const {
  const auto content = static_cast<int>(pieces.size());
  Part part{.read = around(request, std::move(pieces)), .asked = {}, .waiting = {}, .result = {}};
  SentenceBatcher::Request asked{.tokens = {},
                                 .prompt = {parts_.target->find(parts_.start).value_or(end_)},
                                 .end = end_,
                                 .never = parts_.target->find(parts_.never).value_or(-1),
                                 .unknown = unknown_,
                                 .search = options_.search,
                                 .job = request.owner.job,
                                 .priority = request.owner.priority};
  for (const std::string& piece : part.read)
    asked.tokens.push_back(parts_.source->find(piece).value_or(source_unknown_));
  if (parts_.languages.kind == LanguageTokens::kBoth)
    asked.prompt.push_back(required(*parts_.target, language_token(request.target)));
  if (!parts_.prefix.empty()) asked.prompt.push_back(required(*parts_.target, parts_.prefix));
  const int room = parts_.network->shape().target_context - static_cast<int>(asked.prompt.size());
  asked.search.loops_from = content + content / 2;
  asked.search.max_tokens = std::min({asked.search.max_tokens, kMostGrowth * content + kMostMore, room});
  part.asked = std::move(asked);
  part.waiting = batcher_->submit(part.asked, request.owner.stop);
  return part;
}

std::vector<NeuralModel::Part> NeuralModel::submit(const std::string& sentence, const Request& request) const {
  constexpr std::size_t kAround = 3;
  std::vector<std::string> pieces = parts_.source_words->split(sentence);
  // Half of the context, so that the translation, which may be longer, has room too.
  const std::size_t most =
      std::max<std::size_t>(8, static_cast<std::size_t>(parts_.network->shape().source_context) / 2 - kAround);
  std::vector<Part> parts;
  if (pieces.size() <= most) {
    parts.push_back(submit_part(std::move(pieces), request));
    return parts;
  }
  const std::vector<std::size_t> shares(pieces.size() / most + 1, 1);
  for (const std::string& text : split_in_proportion(sentence, shares, request.source)) {
    std::vector<std::string> some = parts_.source_words->split(text);
    for (std::size_t begin = 0; begin < some.size(); begin += most) {
      const auto first = some.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto last = some.begin() + static_cast<std::ptrdiff_t>(std::min(begin + most, some.size()));
      parts.push_back(submit_part({first, last}, request));
    }
  }
  return parts;
}

/// What the network had no word for is taken over from the source.
std::string NeuralModel::text_of(const SentenceBatcher::Translation& translation,
                                 std::span<const std::string> read) const {
  std::vector<std::string> pieces;
  const std::vector<int>& tokens = translation.hypothesis.tokens;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const int source = translation.unknown_sources[i];
    pieces.push_back(source >= 0 ? read[static_cast<std::size_t>(source)] : parts_.target->token(tokens[i]));
  }
  return std::string(trimmed(parts_.target_words->join(pieces)));
}

/// What there was no memory for goes once more: each time the batcher takes half as many at once, so that from 256 it
/// comes to one.
void NeuralModel::wait(std::span<std::vector<Part>> sentences, const std::stop_token& stop) const {
  constexpr int kTries = 9;
  for (int tries = 1;; ++tries) {
    std::vector<Part*> refused;
    for (std::vector<Part>& parts : sentences) {
      for (Part& part : parts) {
        if (!part.waiting.valid()) continue;
        try {
          part.result = part.waiting.get();
        } catch (const Error& error) {
          if (error.code() != ErrorCode::kOutOfMemory || tries == kTries) throw;
          refused.push_back(&part);
        }
      }
    }
    if (refused.empty()) return;
    for (Part* const part : refused) part->waiting = batcher_->submit(part->asked, stop);
  }
}

Translation NeuralModel::finish(std::span<const Part> parts) const {
  Translation whole;
  for (const Part& part : parts) {
    const SentenceBatcher::Result& result = part.result;
    const auto is_cut = [](const SentenceBatcher::Translation& one) { return one.hypothesis.ending != Ending::kEnd; };
    if (parts.size() == 1) {
      for (const auto& one : result)
        whole.versions.push_back(
            {.text = text_of(one, part.read), .score = one.hypothesis.score, .is_cut = is_cut(one)});
    } else {  // of a sentence in parts there is one version
      whole.versions.resize(1);
      Version& version = whole.versions.front();
      version.text = joined_text(version.text, text_of(result.front(), part.read));
      version.score += result.front().hypothesis.score / static_cast<double>(parts.size());
      version.is_cut = version.is_cut || is_cut(result.front());
    }
  }
  if (whole.versions.empty()) whole.versions.emplace_back();
  return whole;
}

std::vector<Translation> NeuralModel::translate(std::span<const std::string> sentences, const Request& request) const {
  std::vector<std::vector<Part>> waiting(sentences.size());
  for (std::size_t i = 0; i < sentences.size(); ++i) {
    if (!trimmed(sentences[i]).empty()) waiting[i] = submit(sentences[i], request);
  }
  std::vector<Translation> translations;
  translations.reserve(sentences.size());
  wait(waiting, request.owner.stop);
  for (const std::vector<Part>& parts : waiting) translations.push_back(finish(parts));
  return translations;
}

}  // namespace voxlate::translation
