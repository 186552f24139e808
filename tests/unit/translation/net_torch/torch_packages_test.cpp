// The trained networks of tests/data/test_translate on libtorch: they say what they say with our own kernels.

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/ctranslate2_file.h"
#include "nn/compute.h"
#include "tests/unit/translation/net/computing.h"
#include "tests/unit/translation/net/small_model.h"
#include "tests/unit/translation/test_packages.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/sentence_batcher.h"

namespace voxlate::translation {
namespace {

using Results = std::vector<std::vector<Hypothesis>>;

class TorchPackages : public testing::TestWithParam<std::string> {
 protected:
  /// Sentences of any pieces, all at once: greedy ones and with a beam of four.
  Results translate(const Computing& computing) {
    constexpr unsigned kSentences = 60;
    constexpr int kEnd = 2;
    const std::filesystem::path folder = unpack_test_package(folder_.path(), GetParam());
    const auto file = model_file::CTranslate2File::open(folder / "model/model.bin");
    const auto network = computing.build(CTranslate2Reader(*file), compute_);
    SentenceBatcher batcher(*network, {});
    std::vector<std::future<SentenceBatcher::Result>> futures;
    for (unsigned i = 0; i < kSentences; ++i) {
      SentenceBatcher::Request request{
          .tokens = some_tokens(1 + static_cast<int>(i * 5 % 31), network->shape().source_vocabulary, i),
          .prompt = {1},
          .end = kEnd};
      request.search = {.beam_size = i % 2 == 0 ? 1 : 4, .n_best = i % 2 == 0 ? 1 : 4, .max_tokens = 60};
      futures.push_back(batcher.submit(std::move(request), {}));
    }
    Results results;
    for (auto& future : futures) {
      auto& hypotheses = results.emplace_back();
      for (SentenceBatcher::Translation& one : future.get()) hypotheses.push_back(std::move(one.hypothesis));
    }
    return results;
  }

 private:
  const TemporaryFolder folder_;
  nn::Compute compute_{2};
};

TEST_P(TorchPackages, SayWhatTheySayWithOurOwnKernels) {
  const Results own = translate({.type = ComputeType::kFloat32});
  const Results torch = translate({.type = ComputeType::kFloat32, .backend = Computing::Backend::kTorch});
  ASSERT_EQ(own.size(), torch.size());
  for (std::size_t i = 0; i < own.size(); ++i) {
    ASSERT_EQ(own[i].size(), torch[i].size()) << i;
    for (std::size_t version = 0; version < own[i].size(); ++version) {
      EXPECT_EQ(torch[i][version].tokens, own[i][version].tokens) << i;
      EXPECT_NEAR(torch[i][version].score, own[i][version].score, 1e-4) << i;
    }
  }
  const auto differs = [&](const auto& one) { return one[0].tokens != own[0][0].tokens; };
  EXPECT_GT(std::count_if(own.begin(), own.end(), differs), 30) << "they must differ for this to mean something";
}

INSTANTIATE_TEST_SUITE_P(Targets, TorchPackages, testing::Values("es", "th"),
                         [](const auto& suite) { return suite.param; });

}  // namespace
}  // namespace voxlate::translation
