#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "nn/batcher.h"
#include "translation/neural_parts.h"
#include "translation/sentence_batcher.h"
#include "translation/sentence_engine.h"

namespace voxlate::translation {

/// A loaded translation network with its vocabularies and its way of cutting words, shared by the jobs that use it.
/// Thread-safe.
class NeuralModel {
 public:
  struct Options {
    SearchOptions search;
    SentenceBatcher::Options batch;
  };

  /// A folder as `inspect_package` knows them; its network is made by `build`. Throws `kNotFound` (no model in it),
  /// `kCorrupt`, `kUnsupported`, naming the file and what was expected, and what `build` throws.
  static std::shared_ptr<const NeuralModel> load(const std::filesystem::path& folder, const NetworkBuilder& build,
                                                 const Options& options);

  /// Of a network for many languages; empty for one pair.
  const ModelLanguages& languages() const { return parts_.languages; }

  std::size_t size_bytes() const { return parts_.network->size_bytes(); }
  std::string description() const { return parts_.network->description(); }

  struct Request {
    std::string source;  ///< BCP 47; of one pair they do not matter
    std::string target;
    nn::BatchItem::Owner owner;
  };

  /// Sentences longer than the network can take are translated in parts. What the device has no memory for is tried
  /// again with fewer sentences at once. Throws `kUnsupported` (a language that it has not), `kCancelled`,
  /// `kOutOfMemory` (not even for one sentence).
  std::vector<Translation> translate(std::span<const std::string> sentences, const Request& request) const;

 private:
  struct Part;

  NeuralModel(NeuralParts parts, const Options& options);

  std::vector<Part> submit(const std::string& sentence, const Request& request) const;
  Part submit_part(std::vector<std::string> pieces, const Request& request) const;
  void wait(std::span<std::vector<Part>> sentences, const std::stop_token& stop) const;
  Translation finish(std::span<const Part> parts) const;
  std::string text_of(const SentenceBatcher::Translation& translation, std::span<const std::string> read) const;
  std::string language_token(const std::string& language) const;
  std::vector<std::string> around(const Request& request, std::vector<std::string> pieces) const;

  const Options options_;
  const NeuralParts parts_;
  const int end_;
  const int source_unknown_;
  const int unknown_;  // of the target; -1: none
  const std::unique_ptr<SentenceBatcher> batcher_;
};

}  // namespace voxlate::translation
