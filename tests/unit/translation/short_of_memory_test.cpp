// When the device of a translation network is short of memory: fewer sentences at once, then another place.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "nn/compute.h"
#include "tests/unit/translation/net/computing.h"
#include "tests/unit/translation/test_packages.h"
#include "translation/neural_engine.h"
#include "translation/neural_model.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Texts = std::vector<std::string>;

/// A network on a device with memory for so many sequences in a step.
class NarrowNetwork final : public Network {
 public:
  struct Memory {
    std::size_t sequences = 0;
    int refusals = 0;
  };

  NarrowNetwork(std::shared_ptr<const Network> network, Memory& memory)
      : network_(std::move(network)), memory_(memory) {}

  const Shape& shape() const override { return network_->shape(); }
  std::size_t size_bytes() const override { return network_->size_bytes(); }
  std::size_t sentence_bytes(int source, int target, int sequences) const override {
    return network_->sentence_bytes(source, target, sequences);
  }
  std::string description() const override { return "narrow"; }
  std::vector<std::shared_ptr<const nn::EncodedSource>> encode(
      std::span<const std::span<const int>> sentences) const override {
    return network_->encode(sentences);
  }
  std::unique_ptr<nn::DecoderSession> new_session() const override {
    return std::make_unique<Session>(network_->new_session(), memory_);
  }
  std::vector<std::vector<nn::Candidate>> best_tokens(std::span<const float> logits, std::size_t rows,
                                                      std::size_t count) const override {
    return network_->best_tokens(logits, rows, count);
  }
  std::vector<int> attended(std::shared_ptr<const nn::EncodedSource> source,
                            std::span<const int> tokens) const override {
    return network_->attended(std::move(source), tokens);
  }

 private:
  class Session final : public nn::DecoderSession {
   public:
    Session(std::unique_ptr<DecoderSession> session, Memory& memory) : session_(std::move(session)), memory_(memory) {}

    int open(std::shared_ptr<const nn::EncodedSource> source) override { return session_->open(std::move(source)); }
    int fork(int sequence) override { return session_->fork(sequence); }
    void close(int sequence) override { session_->close(sequence); }
    int length(int sequence) const override { return session_->length(sequence); }
    std::span<float> step(std::span<const Input> inputs) override {
      if (inputs.size() <= memory_.sequences) return session_->step(inputs);
      ++memory_.refusals;
      throw Error(ErrorCode::kOutOfMemory, "libtorch: CUDA out of memory");
    }

   private:
    const std::unique_ptr<DecoderSession> session_;
    Memory& memory_;
  };

  const std::shared_ptr<const Network> network_;
  Memory& memory_;
};

class ShortOfMemory : public ::testing::Test {
 protected:
  std::filesystem::path folder() const { return unpack_test_package(folder_.path(), "es"); }

  std::shared_ptr<const NeuralModel> load(const NetworkBuilder& build) const {
    return NeuralModel::load(folder(), build, {});
  }

  std::shared_ptr<const NeuralModel> load_wide() { return load(Computing{}.builder(compute_)); }

  std::shared_ptr<const NeuralModel> load_narrow() {
    return load([this](const NetworkReader& reader) {
      return std::make_shared<const NarrowNetwork>(Computing{}.build(reader, compute_), memory_);
    });
  }

  static Texts translate(const NeuralModel& model, const Texts& sentences) {
    Texts texts;
    for (const Translation& translation : model.translate(sentences, {.source = "en", .target = "es", .owner = {}}))
      texts.push_back(translation.versions.front().text);
    return texts;
  }

  static Texts sentences() {
    Texts all;
    for (const std::string first : {"water", "door", "night", "milk", "window", "red dog"}) {
      for (const std::string second : {"kitchen", "street", "yesterday", "two eggs", "moon", "school", "old door"})
        all.push_back(first + " " + second);
    }
    return all;
  }

  const TemporaryFolder folder_;
  nn::Compute compute_{2};
  NarrowNetwork::Memory memory_;
};

TEST_F(ShortOfMemory, FewerSentencesAreTranslatedAtOnce) {
  memory_.sequences = 9;  // two sentences by beams of four
  const auto model = load_narrow();
  EXPECT_EQ(translate(*model, sentences()), translate(*load_wide(), sentences()));
  EXPECT_GE(memory_.refusals, 3);
  EXPECT_LE(memory_.refusals, 5) << "32 at once, 16, 8, 4, 2";
}

TEST_F(ShortOfMemory, NotEvenForOneSentenceIsSaid) {
  const auto model = load_narrow();
  try {
    translate(*model, {"water"});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kOutOfMemory);
  }
}

TEST_F(ShortOfMemory, TheEngineGoesOnElsewhereWhileThatModelIsLoaded) {
  std::shared_ptr<const NeuralModel> on_device = load_narrow();
  std::shared_ptr<const NeuralModel> elsewhere = load_wide();
  int asked_device = 0;
  NeuralEngine engine(
      [&] {
        return std::vector<InstalledModel>{{"small", folder(), "en", "es"}};
      },
      [&](const std::string&, std::stop_token) {
        ++asked_device;
        if (!on_device) throw Error(ErrorCode::kOutOfMemory, "libtorch: CUDA out of memory");
        return on_device;
      },
      [&](const std::string&, std::stop_token) {
        if (!elsewhere) elsewhere = load_wide();
        return elsewhere;
      });
  EXPECT_THAT(engine.translate(Texts{"water", "door"}, "en", "es", {}), ElementsAre("agua", "puerta"));
  EXPECT_THAT(engine.translate(Texts{"night"}, "en", "es", {}), ElementsAre("noche"));
  EXPECT_EQ(asked_device, 1);
  elsewhere.reset();  // idle for so long that it was freed
  on_device.reset();  // and now the device cannot even load it
  EXPECT_THAT(engine.translate(Texts{"milk"}, "en", "es", {}), ElementsAre("leche"));
  EXPECT_EQ(asked_device, 2);
  elsewhere.reset();
  memory_.sequences = 100;
  on_device = load_narrow();
  EXPECT_THAT(engine.translate(Texts{"water"}, "en", "es", {}), ElementsAre("agua"));
  EXPECT_EQ(elsewhere, nullptr) << "there is memory again";
}

TEST_F(ShortOfMemory, WithoutAnotherPlaceTheEngineSaysSo) {
  NeuralEngine engine(
      [&] {
        return std::vector<InstalledModel>{{"small", folder(), "en", "es"}};
      },
      [model = load_narrow()](const std::string&, std::stop_token) { return model; });
  try {
    engine.translate(Texts{"water"}, "en", "es", {});
    FAIL() << "expected an Error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
    EXPECT_THAT(error.what(), HasSubstr("out of memory"));
  }
}

}  // namespace
}  // namespace voxlate::translation
