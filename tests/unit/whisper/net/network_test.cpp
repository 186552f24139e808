// What the door `Network` promises, of every way to compute one.

#include "whisper/net/network.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/whisper/net/reference_data.h"
#include "tests/unit/whisper/net/test_networks.h"

namespace voxlate::whisper {
namespace {

constexpr int kContext = 150;  // more tokens than a session makes room for at first

std::vector<float> step_alone(DecoderSession& session, int sequence, std::span<const int> tokens) {
  const DecoderSession::Input input{.sequence = sequence, .tokens = tokens};
  const std::span<const float> logits = session.step({&input, 1});
  return {logits.begin(), logits.end()};
}

std::shared_ptr<const EncodedAudio> hear(const Network& network, unsigned seed) {
  const std::vector<float> samples = noise(seed);
  const WindowAudio window{.samples = samples, .before = {}};
  return network.encode({&window, 1}).front();
}

std::ptrdiff_t largest_index(const std::vector<float>& values) {
  return std::max_element(values.begin(), values.end()) - values.begin();
}

class NetworkDoor : public ::testing::TestWithParam<Computing> {
 protected:
  /// The same but for the order of sums.
  void expect_same(const std::vector<float>& a, const std::vector<float>& b, const std::string& what) const {
    ASSERT_EQ(a.size(), b.size()) << what;
    EXPECT_LE(relative_difference(a, b), GetParam().is_exact() ? 0 : 1e-5) << what;
    EXPECT_EQ(largest_index(a), largest_index(b)) << what;
  }

  const SmallNetwork network_{GetParam(), kContext};
};

/// What a sequence is given: pieces, one a step.
std::vector<std::vector<int>> pieces_of(int sequence) {
  std::vector<std::vector<int>> pieces;
  for (int step = 0; step < 6; ++step) {
    const int longest = step == 0 ? 1 + 9 * sequence : 1 + (sequence + step) % 3;
    std::vector<int> piece;
    for (int i = 0; i < longest; ++i) piece.push_back((sequence * 131 + step * 17 + i * 7) % 1616);
    pieces.push_back(std::move(piece));
  }
  return pieces;
}

TEST_P(NetworkDoor, ASequenceSaysTheSameAloneAndInCompany) {
  constexpr int kSequences = 11;  // over three windows, of any length
  std::vector<std::vector<float>> samples;
  std::vector<WindowAudio> windows;
  for (unsigned window = 0; window < 3; ++window) samples.push_back(noise(window, 2560 - 900 * window));
  for (const std::vector<float>& window : samples) windows.push_back({.samples = window, .before = {}});
  const auto heard = network_->encode(windows);
  const auto session = network_->new_session();
  std::vector<int> numbers;
  for (int i = 0; i < kSequences; ++i) numbers.push_back(session->open(heard[static_cast<std::size_t>(i) % 3]));
  std::vector<std::vector<std::vector<float>>> together(kSequences);
  for (std::size_t step = 0; step < 6; ++step) {
    std::vector<std::vector<int>> tokens;
    for (int i = 0; i < kSequences; ++i) tokens.push_back(pieces_of(i)[step]);
    std::vector<DecoderSession::Input> inputs;
    std::vector<std::size_t> named;
    for (std::size_t i = kSequences; i-- > 0;) {  // in another order than they were opened, and not always all
      if (step % 2 == 1 && i % 4 == 0) continue;
      inputs.push_back({.sequence = numbers[i], .tokens = tokens[i]});
      named.push_back(i);
    }
    const std::span<const float> logits = session->step(inputs);
    const std::size_t width = logits.size() / inputs.size();
    for (std::size_t row = 0; row < named.size(); ++row) {
      together[named[row]].emplace_back(logits.begin() + static_cast<std::ptrdiff_t>(row * width),
                                        logits.begin() + static_cast<std::ptrdiff_t>((row + 1) * width));
    }
  }
  for (std::size_t i = 0; i < kSequences; ++i) {
    const auto alone = network_->new_session();
    const WindowAudio window{.samples = samples[i % 3], .before = {}};
    const int number = alone->open(network_->encode({&window, 1}).front());
    std::size_t told = 0;
    for (std::size_t step = 0; step < 6; ++step) {
      if (step % 2 == 1 && i % 4 == 0) continue;
      expect_same(together[i].at(told++), step_alone(*alone, number, pieces_of(static_cast<int>(i))[step]),
                  "sequence " + std::to_string(i) + ", step " + std::to_string(step));
    }
    EXPECT_EQ(alone->length(number), session->length(numbers[i]));
  }
}

TEST_P(NetworkDoor, AForkIsTheSequenceItWasMadeFromAndGoesItsOwnWay) {
  const auto audio = hear(*network_, 5);
  const auto session = network_->new_session();
  const int first = session->open(audio);
  step_alone(*session, first, std::vector{3, 1, 4, 1, 5});
  std::vector<int> forks;
  for (int i = 0; i < 12; ++i) forks.push_back(session->fork(first));
  session->close(forks[4]);
  EXPECT_EQ(session->length(forks[11]), 5);
  const std::vector<float> other = step_alone(*session, forks[11], std::vector{9});
  const std::vector<float> same = step_alone(*session, first, std::vector{2, 6});
  session->close(first);
  expect_same(step_alone(*session, forks[3], std::vector{2, 6}), same, "fork");
  const int fresh = session->open(audio);
  expect_same(step_alone(*session, fresh, std::vector{3, 1, 4, 1, 5, 9}), other, "told at once");
  EXPECT_GT(relative_difference(same, other), 1e-2) << "they must differ for this test to mean something";
}

TEST_P(NetworkDoor, WhatIsHeardMatters) {
  const auto session = network_->new_session();
  const std::vector<int> tokens{1, 2, 3};
  const std::vector<float> one = step_alone(*session, session->open(hear(*network_, 1)), tokens);
  const std::vector<float> two = step_alone(*session, session->open(hear(*network_, 2)), tokens);
  EXPECT_GT(relative_difference(one, two), 1e-3);
}

TEST_P(NetworkDoor, OfShortAudioTwoSecondsOfTheSilenceBehindItAreEncoded) {
  constexpr int kFrames = 130;
  const SmallNetwork network(GetParam(), kContext, kFrames);
  const std::vector<float> brief = noise(3, 10 * kSamplesPerFrame - 5);
  const std::vector<float> full = noise(4, std::size_t{kFrames} * kSamplesPerFrame);
  std::vector<float> padded = brief;
  padded.resize(full.size());
  const std::vector<WindowAudio> windows{{.samples = brief, .before = {}},
                                         {.samples = full, .before = {}},
                                         {.samples = brief, .before = {}, .whole = true},
                                         {.samples = padded, .before = {}}};
  const std::vector<int> expected_frames{GetParam().backend.name == "Own" ? 110 : kFrames, kFrames, kFrames, kFrames};
  const auto together = network->encode(windows);
  const auto session = network->new_session();
  const std::vector<int> tokens{1, 2, 3};
  const std::vector<AttentionHead> heads{{.layer = 1, .head = 0}};
  std::vector<std::vector<float>> logits;
  for (std::size_t i = 0; i < windows.size(); ++i) {
    EXPECT_EQ(network->cross_attention(together[i], tokens, heads, 1000).frames, expected_frames[i]) << i;
    logits.push_back(step_alone(*session, session->open(together[i]), tokens));
    const auto alone = network->encode({&windows[i], 1}).front();
    expect_same(logits[i], step_alone(*session, session->open(alone), tokens), std::to_string(i));
  }
  expect_same(logits[2], logits[3], "the silence given or not");
}

TEST_P(NetworkDoor, EveryBackendComputesTheSame) {
  const SmallNetwork own({.backend = backends().front(), .type = GetParam().type}, kContext);
  const std::vector<int> tokens{3, 1, 4, 1, 5, 9, 2, 1600, 6};
  const auto session = network_->new_session();
  const auto own_session = own->new_session();
  const auto audio = hear(*network_, 7);
  const auto own_audio = hear(*own, 7);
  EXPECT_LE(relative_difference(step_alone(*session, session->open(audio), tokens),
                                step_alone(*own_session, own_session->open(own_audio), tokens)),
            1e-5);
  const std::vector<AttentionHead> heads{{.layer = 1, .head = 1}, {.layer = 0, .head = 0}, {.layer = 1, .head = 0}};
  const CrossAttention attention = network_->cross_attention(audio, tokens, heads, 6);
  const CrossAttention expected = own->cross_attention(own_audio, tokens, heads, 6);
  EXPECT_EQ(attention.tokens, 9);
  EXPECT_EQ(attention.frames, 6);
  ASSERT_EQ(attention.scores.size(), 3U * 9 * 6);
  EXPECT_LE(relative_difference(attention.scores, expected.scores), 1e-5);
  ASSERT_EQ(attention.probabilities.size(), 9U);
  EXPECT_EQ(attention.probabilities[0], 0);
  EXPECT_EQ(attention.probabilities[7], 0) << "not an ordinary token";
  EXPECT_LE(relative_difference(attention.probabilities, expected.probabilities), 1e-5);
  EXPECT_EQ(network_->cross_attention(audio, tokens, heads, 1000).frames, network_->shape().n_audio_ctx);
  EXPECT_EQ(network_->vocabulary().size(), own->vocabulary().size());
  EXPECT_EQ(network_->shape().n_vocab, own->shape().n_vocab);
}

TEST_P(NetworkDoor, SaysHowItComputesAndWhatItTakes) {
  EXPECT_NE(network_->description().find(to_string(GetParam().type)), std::string::npos) << network_->description();
  EXPECT_GT(network_->size_bytes(), 2U * 1616 * 32) << "the embedding alone";
  constexpr std::size_t kLayers = 2;
  constexpr std::size_t kState = 32;
  const std::size_t element = GetParam().type == ComputeType::kInt8 ? 1 : sizeof(float);
  const std::size_t expected = kLayers * 2 * kState * (8 * element + 5 * kContext * sizeof(float));
  EXPECT_EQ(network_->window_bytes(5), GetParam().is_exact() ? expected : 0);
}

INSTANTIATE_TEST_SUITE_P(Ways, NetworkDoor, ::testing::ValuesIn(ways_of_computing()),
                         [](const auto& suite) { return name_of(suite.param); });

}  // namespace
}  // namespace voxlate::whisper
