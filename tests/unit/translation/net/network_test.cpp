// Networks of all kinds against the formulas in double precision, and what their sequences owe each other: nothing.

#include "translation/net/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "tests/unit/translation/net/small_model.h"

namespace voxlate::translation {
namespace {

using testing::HasSubstr;

using Source = std::shared_ptr<const nn::EncodedSource>;

Source encode(const Network& network, const std::vector<int>& tokens) {
  const std::span<const int> one = tokens;
  return network.encode({&one, 1}).at(0);
}

std::vector<float> step(nn::DecoderSession& session, int sequence, std::span<const int> tokens) {
  const nn::DecoderSession::Input input{.sequence = sequence, .tokens = tokens};
  const std::span<float> logits = session.step({&input, 1});
  return {logits.begin(), logits.end()};
}

double relative_error(std::span<const float> got, const std::vector<double>& expected) {
  double error = 0;
  double size = 0;
  for (std::size_t i = 0; i < expected.size(); ++i) {
    error += (double{got[i]} - expected[i]) * (double{got[i]} - expected[i]);
    size += expected[i] * expected[i];
  }
  return std::sqrt(error / size);
}

/// The largest relative error of any step: a sentence of each length, their translations begun with one token and with
/// three, then a token at a time, all side by side.
double worst_error(const SmallModel& model, const Network& network) {
  constexpr int kTokens = 9;
  const Network::Shape& shape = network.shape();
  std::vector<std::vector<int>> sources;
  for (const int length : {1, 7, 30, 2})
    sources.push_back(some_tokens(length, shape.source_vocabulary, static_cast<unsigned>(length)));
  const std::vector<std::span<const int>> spans(sources.begin(), sources.end());
  const std::vector<Source> encoded = network.encode(spans);
  const auto session = network.new_session();
  std::vector<std::vector<int>> targets;
  std::vector<int> sequences;
  std::vector<PlainTransformer::Rows> expected;
  for (std::size_t i = 0; i < sources.size(); ++i) {
    targets.push_back(some_tokens(kTokens, shape.target_vocabulary, static_cast<unsigned>(100 + i)));
    sequences.push_back(session->open(encoded[i]));
    expected.push_back(model.plain.logits(sources[i], targets[i]));
  }
  const auto vocabulary = static_cast<std::size_t>(shape.target_vocabulary);
  double worst = 0;
  std::vector<std::size_t> said(sources.size());
  while (said[0] < kTokens) {
    std::vector<nn::DecoderSession::Input> inputs;
    std::vector<std::size_t> who;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      const std::size_t count = said[i] == 0 && i % 2 == 1 ? 3 : 1;
      if (said[i] + count > kTokens) continue;
      inputs.push_back({.sequence = sequences[i], .tokens = std::span(targets[i]).subspan(said[i], count)});
      who.push_back(i);
      said[i] += count;
    }
    const std::span<const float> logits = session->step(inputs);
    for (std::size_t i = 0; i < who.size(); ++i)
      worst = std::max(worst,
                       relative_error(logits.subspan(i * vocabulary, vocabulary), expected[who[i]][said[who[i]] - 1]));
  }
  return worst;
}

constexpr unsigned kKinds = 64;

class Networks : public testing::TestWithParam<unsigned> {
 protected:
  const SmallModel model_ = make_small_model(some_kind(GetParam()), GetParam());
  nn::Compute compute_{2};
};

TEST_P(Networks, SayWhatTheFormulasSay) {
  const auto network = build_network(model_.file, compute_, ComputeType::kFloat32);
  const double error = worst_error(model_, *network);
  RecordProperty("error", std::to_string(error * 1e6));
  EXPECT_LT(error, 1e-4) << testing::PrintToString(some_kind(GetParam()));
}

/// Weights become 127 steps of a row's largest and what they are multiplied with 2047 steps. Rounded to s steps, a
/// number is off by 1 / (2 s) of the largest at most, of 1 / (s sqrt 12) on average. The largest of these rows is about
/// three times as large as usual, so one layer adds a relative error of 3 / (127 sqrt 12) = 0.7 %, and the dozen of
/// layers one behind the other some times that: up to 3.7 % for these 64 networks, so 8 % is too much for rounding.
/// Weights that are bytes in the file stay what they are, so that only what they are multiplied with is rounded, to 16
/// times as many steps.
TEST_P(Networks, OfBytesAreWithinTheirRounding) {
  const auto network = build_network(model_.file, compute_, ComputeType::kInt8);
  const double error = worst_error(model_, *network);
  RecordProperty("error", std::to_string(error));
  EXPECT_LT(error, some_kind(GetParam()).weights == model_file::WrittenType::kI8 ? 5e-3 : 8e-2)
      << testing::PrintToString(some_kind(GetParam()));
  EXPECT_GT(error, 1e-5) << "they are rounded";
}

TEST_P(Networks, OfHalvesAreWithinTheirRounding) {
  const auto network = build_network(model_.file, compute_, ComputeType::kFloat16);
  const double error = worst_error(model_, *network);
  RecordProperty("error", std::to_string(error));
  EXPECT_LT(error, 4e-3) << testing::PrintToString(some_kind(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(OfAllKinds, Networks, testing::Range(0U, kKinds));

/// The same on libtorch, where it is built in.
class NetworksElsewhere : public testing::TestWithParam<std::tuple<Computing, unsigned>> {};

TEST_P(NetworksElsewhere, SayWhatTheFormulasSay) {
  const auto& [computing, kind] = GetParam();
  const SmallModel model = make_small_model(some_kind(kind), kind);
  nn::Compute compute(2);
  const double error = worst_error(model, *build_network(model.file, compute, computing));
  RecordProperty("error", std::to_string(error * 1e6));
  EXPECT_LT(error, 1e-4) << testing::PrintToString(some_kind(kind));
}

INSTANTIATE_TEST_SUITE_P(OfAllKinds, NetworksElsewhere,
                         testing::Combine(testing::ValuesIn(ways_of_computing({})), testing::Range(0U, kKinds)));
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(NetworksElsewhere);

TEST(NetworkKinds, HaveEverythingOnce) {
  std::set<std::string> seen;
  for (unsigned index = 0; index < kKinds; ++index) {
    const ModelKind kind = some_kind(index);
    seen.insert("activation " + std::to_string(static_cast<int>(kind.activation)) + (kind.norm_first ? "" : " after"));
    seen.insert("type " + std::to_string(static_cast<int>(kind.weights)));
    seen.insert("version " + std::to_string(kind.version));
    seen.insert("revision " + std::to_string(kind.revision));
    seen.insert("scale " + std::to_string(static_cast<int>(kind.scale)));
    seen.insert("tables " + std::to_string(static_cast<int>(kind.tables)));
    seen.insert(std::string(kind.embedding_norm ? "embedding norm" : "none") + (kind.last_norm ? " and last" : ""));
    seen.insert(std::string(kind.starts_from_zero ? "zero" : "token") + (kind.stored_positions ? " stored" : ""));
    seen.insert(kind.output_bias ? "output bias" : "no output bias");
  }
  EXPECT_EQ(seen.size(), 10U + 5 + 6 + 7 + 4 + 3 + 4 + 4 + 2);
}

/// Ways of computing for which a sequence says the same whatever is beside it: to the bit, or but for the order of
/// sums.
class NetworkSequences : public testing::TestWithParam<std::tuple<Computing, bool>> {
 protected:
  static const Computing& computing() { return std::get<0>(GetParam()); }
  static ModelKind kind() { return {.norm_first = std::get<1>(GetParam()), .last_norm = std::get<1>(GetParam())}; }

  static void expect_same(const std::vector<float>& got, const std::vector<float>& expected, const std::string& what) {
    ASSERT_EQ(got.size(), expected.size()) << what;
    if (computing().is_exact())
      EXPECT_EQ(got, expected) << what;
    else
      EXPECT_LE(relative_error(got, {expected.begin(), expected.end()}), 1e-5) << what;
  }

  const SmallNetwork network_{computing(), kind()};
};

TEST_P(NetworkSequences, SayTheSameAloneAndInCompany) {
  constexpr std::size_t kSequences = 40;
  constexpr int kTokens = 12;
  std::vector<std::vector<int>> sources;
  std::vector<std::vector<int>> targets;
  std::vector<std::vector<std::vector<float>>> alone;
  for (unsigned i = 0; i < kSequences; ++i) {
    sources.push_back(some_tokens(1 + static_cast<int>(i * 7 % 53), 19, i));
    targets.push_back(some_tokens(kTokens, 23, i + 1000));
    const auto session = network_->new_session();
    const int sequence = session->open(encode(*network_, sources[i]));
    auto& said = alone.emplace_back();
    for (const int token : targets[i]) said.push_back(step(*session, sequence, {&token, 1}));
  }
  const std::vector<std::span<const int>> spans(sources.begin(), sources.end());
  const std::vector<Source> encoded = network_->encode(spans);
  const auto session = network_->new_session();
  std::vector<int> sequences(kSequences);
  for (int round = 0; round < kTokens + static_cast<int>(kSequences) / 4; ++round) {
    // Four more join in each round, so that all are at different places.
    std::vector<nn::DecoderSession::Input> inputs;
    std::vector<std::pair<std::size_t, std::size_t>> who;
    for (std::size_t i = 0; i < kSequences; ++i) {
      const int place = round - static_cast<int>(i) / 4;
      if (place < 0 || place >= kTokens) continue;
      if (place == 0) sequences[i] = session->open(encoded[i]);
      inputs.push_back({.sequence = sequences[i], .tokens = {&targets[i][static_cast<std::size_t>(place)], 1}});
      who.emplace_back(i, static_cast<std::size_t>(place));
    }
    const std::span<const float> logits = session->step(inputs);
    for (std::size_t i = 0; i < who.size(); ++i) {
      const auto got = logits.subspan(i * 23, 23);
      expect_same({got.begin(), got.end()}, alone[who[i].first][who[i].second],
                  "sequence " + std::to_string(who[i].first) + ", token " + std::to_string(who[i].second));
    }
  }
}

TEST_P(NetworkSequences, SayTheSameWhenTheirPromptIsReadAtOnce) {
  const std::vector<int> target = some_tokens(40, 23, 5);
  const Source source = encode(*network_, some_tokens(9, 19, 4));
  const auto session = network_->new_session();
  const int at_once = session->open(source);
  const int one_by_one = session->open(source);
  std::vector<float> last;
  for (const int token : target) last = step(*session, one_by_one, {&token, 1});
  expect_same(step(*session, at_once, target), last, "at once");
  EXPECT_EQ(session->length(at_once), 40);
}

/// A fork goes on as its parent would have, and neither learns what the other says: at all lengths at which the keys
/// and values get more room (32, 64).
TEST_P(NetworkSequences, ForkAndGoTheirOwnWays) {
  const Source source = encode(*network_, some_tokens(9, 19, 4));
  const std::vector<int> said = some_tokens(100, 23, 6);
  for (const std::size_t length : {1U, 31U, 32U, 33U, 63U, 64U, 65U}) {
    const auto alone = [&](int own) {
      const auto session = network_->new_session();
      const int sequence = session->open(source);
      step(*session, sequence, std::span(said).first(length));
      const std::vector<int> further = {own, said[length]};
      return step(*session, sequence, further);
    };
    const auto session = network_->new_session();
    const int parent = session->open(source);
    step(*session, parent, std::span(said).first(length));
    const int child = session->fork(parent);
    const std::vector<int> first = {3, said[length]};
    const std::vector<int> second = {4, said[length]};
    const std::vector<nn::DecoderSession::Input> inputs = {{.sequence = child, .tokens = second},
                                                           {.sequence = parent, .tokens = first}};
    const std::span<const float> logits = session->step(inputs);
    expect_same({logits.begin(), logits.begin() + 23}, alone(4), "fork at " + std::to_string(length));
    expect_same({logits.begin() + 23, logits.end()}, alone(3), "parent at " + std::to_string(length));
    const int grandchild = session->fork(child);
    session->close(child);
    EXPECT_EQ(session->length(grandchild), static_cast<int>(length) + 2);
    const int token = 7;
    const std::vector<float> later = step(*session, grandchild, {&token, 1});
    const int again = session->open(source);
    std::vector<int> all(said.begin(), said.begin() + static_cast<std::ptrdiff_t>(length));
    all.insert(all.end(), {4, said[length], 7});
    expect_same(step(*session, again, all), later, "from the start at " + std::to_string(length));
  }
}

std::string name_of_way(const testing::TestParamInfo<std::tuple<Computing, bool>>& suite) {
  return name_of(std::get<0>(suite.param)) + (std::get<1>(suite.param) ? "NormFirst" : "NormLast");
}

INSTANTIATE_TEST_SUITE_P(Ways, NetworkSequences,
                         testing::Combine(testing::ValuesIn(ways_of_computing(
                                              {ComputeType::kFloat32, ComputeType::kFloat16, ComputeType::kInt8})),
                                          testing::Bool()),
                         name_of_way);

/// What every way of computing in float32 owes the formulas.
class NetworkInFull : public testing::TestWithParam<Computing> {};

INSTANTIATE_TEST_SUITE_P(Ways, NetworkInFull, testing::ValuesIn(ways_of_computing({ComputeType::kFloat32})),
                         [](const auto& suite) { return name_of(suite.param); });

TEST_P(NetworkInFull, SequencesGrowToTheEndOfTheContext) {
  const SmallModel model = make_small_model({});
  nn::Compute compute(2);
  const auto network = build_network(model.file, compute, GetParam());
  ASSERT_EQ(network->shape().target_context, 128);
  const std::vector<int> source = some_tokens(128, 19, 1);
  const std::vector<int> target = some_tokens(128, 23, 2);
  const PlainTransformer::Rows expected = model.plain.logits(source, target);
  const auto session = network->new_session();
  const int sequence = session->open(encode(*network, source));
  for (std::size_t i = 0; i < target.size(); ++i)
    EXPECT_LT(relative_error(step(*session, sequence, {&target[i], 1}), expected[i]), 1e-4) << i;
}

TEST_P(NetworkInFull, KnowsWhatATokenWasMadeOf) {
  const SmallModel model = make_small_model({.activation = PlainTransformer::Activation::kSwish});
  nn::Compute compute(2);
  const auto network = build_network(model.file, compute, GetParam());
  std::set<int> places;
  for (unsigned seed = 0; seed < 5; ++seed) {
    const std::vector<int> source = some_tokens(11, 19, seed);
    const std::vector<int> target = some_tokens(40, 23, seed + 1);
    const PlainTransformer::Rows shares = model.plain.attention(source, target);
    const std::vector<int> got = network->attended(encode(*network, source), target);
    ASSERT_EQ(got.size(), target.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      const double largest = *std::max_element(shares[i].begin(), shares[i].end());
      EXPECT_NEAR(shares[i][static_cast<std::size_t>(got[i])], largest, 1e-5) << i;
      places.insert(got[i]);
    }
  }
  EXPECT_GT(places.size(), 5U) << "not always the same one";
}

TEST(Network, SaysWhatItIs) {
  nn::Compute compute(1);
  const ModelKind kind{.weights = model_file::WrittenType::kI8};
  const auto bytes = build_network(make_small_model(kind).file, compute, ComputeType::kAuto);
  const auto floats = build_network(make_small_model({}).file, compute, ComputeType::kAuto);
  EXPECT_THAT(bytes->description(), HasSubstr("int8 weights, int8, "));
  EXPECT_THAT(floats->description(), HasSubstr("float32 weights, float32, "));
  EXPECT_LT(bytes->size_bytes() * 2, floats->size_bytes());
  EXPECT_EQ(floats->shape().source_vocabulary, 19);
  EXPECT_EQ(floats->shape().target_vocabulary, 23);
  EXPECT_EQ(floats->shape().source_context, 128);
  // Two layers of keys and values of 32 floats, for the source and for each of four sequences.
  EXPECT_EQ(floats->sentence_bytes(/*source_tokens=*/10, /*target_tokens=*/20, /*sequences=*/4),
            2U * 2 * 32 * sizeof(float) * (10 + 4 * 20));
  EXPECT_TRUE(floats->encode({}).empty());
}

TEST_P(NetworkInFull, TablesThatAreOneInTheFileAreOneInMemory) {
  nn::Compute compute(1);
  const auto size = [&](ModelKind::Tables tables) {
    const ModelKind kind{.tables = tables, .source_vocabulary = 300, .target_vocabulary = 300};
    return build_network(make_small_model(kind).file, compute, GetParam())->size_bytes();
  };
  const std::size_t table = 300 * 32 * sizeof(float);
  EXPECT_NEAR(static_cast<double>(size(ModelKind::Tables::kSeparate) - size(ModelKind::Tables::kTargetIsProjection)),
              table, table / 4.0);
  EXPECT_NEAR(static_cast<double>(size(ModelKind::Tables::kSeparate) - size(ModelKind::Tables::kAllAreOne)), 2 * table,
              table / 4.0);
}

}  // namespace
}  // namespace voxlate::translation
