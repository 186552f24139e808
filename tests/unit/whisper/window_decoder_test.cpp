#include "whisper/window_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/whisper/scripted_network.h"
#include "tests/unit/whisper/vocabularies.h"

namespace voxlate::whisper {
namespace {

using ::testing::ElementsAre;

class WindowDecoderTest : public ::testing::Test {
 protected:
  DecodedWindow decode(const ScriptedNetwork::Script& script, const WindowDecoder::Prompt& prompt = {}) {
    network_ = std::make_unique<ScriptedNetwork>(tokenizer_, script);
    const auto session = network_->new_session();
    const auto audio = network_->encode(std::vector<WindowAudio>(1)).front();
    DecodedWindow result;
    {
      WindowDecoder decoder(*network_, tokenizer_, *session, options_, audio, prompt);
      std::vector<DecoderSession::Input> inputs;
      while (!decoder.finished()) {
        inputs.clear();
        decoder.request(inputs);
        EXPECT_FALSE(inputs.empty());
        decoder.accept(session->step(inputs));
      }
      result = decoder.result();
    }
    EXPECT_EQ(network_->open_sequences(), 0) << "a sequence was not closed";
    return result;
  }

  /// What was sampled: the tokens behind the prompt.
  std::vector<int> sampled(std::span<const int> tokens) const {
    const auto task = std::find(tokens.begin(), tokens.end(), tokenizer_.transcribe());
    return task == tokens.end() ? std::vector<int>() : std::vector<int>(task + 1, tokens.end());
  }

  /// Says `text` with probability near 1, and then the end.
  ScriptedNetwork::Script says(const std::vector<int>& text) const {
    return [this, text](std::span<const int> tokens, std::span<float> logits) {
      const std::size_t at = sampled(tokens).size();
      logits[static_cast<std::size_t>(at < text.size() ? text[at] : tokenizer_.eot())] = 20;
    };
  }

  int time(int hundredths) const { return tokenizer_.timestamp_begin() + hundredths / 2; }
  int word(const std::string& text) const { return tokenizer_.encode(text).front(); }

  const Tokenizer tokenizer_{small_tokenizer({" hello", " world", " no", " yes"})};
  DecodingOptions options_;
  std::unique_ptr<ScriptedNetwork> network_;
};

TEST_F(WindowDecoderTest, GivesWhatTheNetworkSays) {
  const std::vector<int> text{time(0), word(" hello"), word(" world"), time(120)};
  for (const int beam_size : {1, 5}) {
    options_.beam_size = beam_size;
    const DecodedWindow result = decode(says(text));
    EXPECT_EQ(result.tokens, text);
    EXPECT_EQ(result.doubt, Doubt::kNone);
    EXPECT_EQ(result.temperature, 0);
    EXPECT_EQ(result.logprobs.size(), text.size());
    EXPECT_NEAR(result.average_logprob, 0, 0.01);
  }
}

TEST_F(WindowDecoderTest, ThePromptIsContextStartLanguageAndTask) {
  std::vector<int> prompt;
  options_.language = 2;
  const std::vector<int> context(300, word(" no"));
  decode(
      [&](std::span<const int> tokens, std::span<float> logits) {
        if (prompt.empty() && sampled(tokens).empty() && tokens.back() == tokenizer_.transcribe())
          prompt.assign(tokens.begin(), tokens.end());
        says({time(0), word(" yes"), time(100)})(tokens, logits);
      },
      {.context = context});
  ASSERT_EQ(prompt.size(), 1 + 223 + 3) << "half of the text context, less one";
  EXPECT_EQ(prompt.front(), tokenizer_.start_of_previous());
  EXPECT_THAT(std::vector<int>(prompt.end() - 3, prompt.end()),
              ElementsAre(tokenizer_.sot(), tokenizer_.language_token(2), tokenizer_.transcribe()));
}

TEST_F(WindowDecoderTest, BeamSearchFindsWhatGreedyMisses) {
  // " no" looks best, but all that can follow it is improbable; " yes" leads to the more probable whole.
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    const std::vector<int> said = sampled(tokens);
    const auto set = [&](int token, float logit) { logits[static_cast<std::size_t>(token)] = logit; };
    if (said.empty()) {
      set(time(0), 20);
    } else if (said.size() == 1) {
      set(word(" no"), 10.2F);
      set(word(" yes"), 10);
    } else if (said.size() == 2 && said[1] == word(" no")) {
      for (int token = 0; token < tokenizer_.eot(); ++token) set(token, 1);
    } else if (said.size() == 2) {
      set(word(" world"), 20);
    } else {
      set(said.size() == 3 ? time(100) : tokenizer_.eot(), 20);
    }
  };
  options_.temperatures = {0};
  options_.beam_size = 1;
  EXPECT_EQ(decode(script).tokens[1], word(" no"));
  options_.beam_size = 2;
  EXPECT_THAT(decode(script).tokens, ElementsAre(time(0), word(" yes"), word(" world"), time(100)));
}

TEST_F(WindowDecoderTest, ALoopEndsTheAttemptAndTheNextTemperatureMayDoBetter) {
  // Says " no" for ever, but only where it is certain: a sample at a temperature finds the end.
  options_.temperatures = {0, 1};
  options_.beam_size = 1;
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    const std::vector<int> said = sampled(tokens);
    if (said.empty()) {
      logits[static_cast<std::size_t>(time(0))] = 20;
    } else {
      logits[static_cast<std::size_t>(word(" no"))] = 10;
      logits[static_cast<std::size_t>(time(100))] = 9.9F;
      if (tokenizer_.is_timestamp(said.back()) && said.size() > 1) {
        logits[static_cast<std::size_t>(tokenizer_.eot())] = 30;
      }
    }
  };
  const DecodedWindow result = decode(script);
  EXPECT_EQ(result.temperature, 1);
  EXPECT_EQ(result.doubt, Doubt::kNone);
  EXPECT_LT(result.tokens.size(), 15U);
  EXPECT_EQ(decode(script).tokens, result.tokens) << "sampling is reproducible";
}

TEST_F(WindowDecoderTest, WhatLoopsAtEveryTemperatureIsCutAfterItsFirstTime) {
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    const std::vector<int> said = sampled(tokens);
    const int next = said.empty() ? time(0) : said.size() % 2 == 1 ? word(" hello") : word(" world");
    logits[static_cast<std::size_t>(next)] = 40;
  };
  for (const int beam_size : {1, 5}) {
    options_.beam_size = beam_size;
    const DecodedWindow result = decode(script);
    EXPECT_EQ(result.doubt, Doubt::kLoop);
    EXPECT_THAT(result.tokens, ElementsAre(time(0), word(" hello"), word(" world")));
    EXPECT_EQ(result.logprobs.size(), 3U);
    EXPECT_LT(network_->tokens_run(), 6 * 5 * 30) << "each attempt ends when the loop is noticed";
  }
}

TEST_F(WindowDecoderTest, ImprobableTextWhereNobodySpeaksIsSilence) {
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    if (tokens.back() == tokenizer_.sot()) {
      logits[static_cast<std::size_t>(tokenizer_.no_speech())] = 20;
    } else if (sampled(tokens).empty()) {
      logits[static_cast<std::size_t>(time(0))] = 20;
    } else if (sampled(tokens).size() > 3) {
      logits[static_cast<std::size_t>(tokenizer_.eot())] = 20;
    }
  };
  const DecodedWindow result = decode(script);
  EXPECT_EQ(result.doubt, Doubt::kNoSpeech);
  EXPECT_EQ(result.temperature, 0) << "silence is no reason to try again";
  EXPECT_GT(result.no_speech_probability, 0.9);
}

TEST_F(WindowDecoderTest, TokensThatAreNeverSpokenAreNeverSampled) {
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    logits[static_cast<std::size_t>(tokenizer_.sot())] = 50;
    logits[static_cast<std::size_t>(tokenizer_.no_timestamps())] = 50;
    logits[static_cast<std::size_t>(word("["))] = 50;
    says({time(0), word(" yes"), time(100)})(tokens, logits);
  };
  EXPECT_THAT(decode(script).tokens, ElementsAre(time(0), word(" yes"), time(100)));
}

TEST_F(WindowDecoderTest, WithoutTimestampsThereAreNone) {
  options_.timestamps = false;
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    logits[static_cast<std::size_t>(time(40))] = 50;
    const std::vector<int> said = sampled(tokens);  // the mark for no timestamps, then the text
    logits[static_cast<std::size_t>(said.size() < 2 ? word(" yes") : tokenizer_.eot())] = 20;
  };
  EXPECT_THAT(decode(script).tokens, ElementsAre(word(" yes")));
}

TEST_F(WindowDecoderTest, EndsAtTheMostTokensThereAreRoomFor) {
  options_.beam_size = 3;
  options_.temperatures = {0};
  const auto script = [&](std::span<const int> tokens, std::span<float> logits) {
    const std::vector<int> said = sampled(tokens);
    const std::size_t n = said.size();
    logits[static_cast<std::size_t>(n == 0 ? time(0) : static_cast<int>('a' + (n * 2654435761U >> 13U) % 23))] = 20;
  };
  EXPECT_EQ(decode(script).tokens.size(), 224U);
}

TEST(FindLoop, KnowsRepetitionsFromSpeech) {
  EXPECT_EQ(find_loop(std::vector<int>(19, 7)), std::nullopt);
  EXPECT_EQ(find_loop(std::vector<int>(20, 7)), 1U);
  std::vector<int> tokens{1, 2, 3};
  for (int time = 0; time < 5; ++time) tokens.insert(tokens.end(), {4, 5, 6, 7, 8});
  EXPECT_EQ(find_loop(tokens), 8U);
  tokens.push_back(9);
  EXPECT_EQ(find_loop(tokens), std::nullopt) << "it went on";
  std::vector<int> rising(200);
  for (std::size_t i = 0; i < rising.size(); ++i) rising[i] = static_cast<int>(i * i % 97);
  EXPECT_EQ(find_loop(std::span(rising).first(96)), std::nullopt);
  EXPECT_EQ(find_loop({}), std::nullopt);
}

}  // namespace
}  // namespace voxlate::whisper
