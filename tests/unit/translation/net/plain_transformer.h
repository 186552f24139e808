#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace voxlate::translation {

/// The transformer of "Attention Is All You Need" in double precision, as plain as the formulas: what networks are held
/// to. Nothing is kept from one call to the next and nothing is shared with the product. Tensors have the names of
/// CTranslate2's files.
class PlainTransformer {
 public:
  using Row = std::vector<double>;
  using Rows = std::vector<Row>;

  struct Side {
    int layers = 0;
    double embedding_scale = 1;
    bool starts_from_zero = false;
  };

  /// The activations as CTranslate2 numbers them.
  enum class Activation { kRelu, kGeluTanh, kSwish, kGelu, kGeluSigmoid };

  struct Options {
    int heads = 1;
    bool norm_first = true;
    Activation activation = Activation::kRelu;
    Side encoder;
    Side decoder;
  };

  PlainTransformer(Options options, std::map<std::string, Rows> tensors)
      : options_(options), tensors_(std::move(tensors)) {}

  /// What the network says behind each of `tokens`: [tokens, vocabulary].
  Rows logits(std::span<const int> source, std::span<const int> tokens) const {
    return linear("decoder/projection", decode(source, tokens, nullptr));
  }

  /// How much each of `tokens` looks at the positions of the source in the last layer, in the mean of its heads.
  Rows attention(std::span<const int> source, std::span<const int> tokens) const {
    Rows shares;
    decode(source, tokens, &shares);
    return shares;
  }

 private:
  const Rows& tensor(const std::string& name) const { return tensors_.at(name); }
  bool has(const std::string& name) const { return tensors_.count(name) != 0; }

  static double activate(double x, Activation activation) {
    const double pi = std::acos(-1.0);
    switch (activation) {
      case Activation::kRelu: return x > 0 ? x : 0;
      case Activation::kGeluTanh: return x / 2 * (1 + std::tanh(std::sqrt(2 / pi) * (x + 0.044715 * x * x * x)));
      case Activation::kSwish: return x / (1 + std::exp(-x));
      case Activation::kGelu: return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
      case Activation::kGeluSigmoid: return x / (1 + std::exp(-1.702 * x));
    }
    return x;
  }

  Rows linear(const std::string& name, const Rows& x) const {
    const Rows& weight = tensor(name + "/weight");
    Rows y;
    for (const Row& row : x) {
      Row& out = y.emplace_back();
      for (std::size_t o = 0; o < weight.size(); ++o) {
        double sum = has(name + "/bias") ? tensor(name + "/bias")[0][o] : 0;
        for (std::size_t i = 0; i < row.size(); ++i) sum += weight[o][i] * row[i];
        out.push_back(sum);
      }
    }
    return y;
  }

  Rows norm(const std::string& name, Rows x) const {
    for (Row& row : x) {
      double mean = 0;
      for (const double value : row) mean += value / static_cast<double>(row.size());
      double variance = 0;
      for (const double value : row) variance += (value - mean) * (value - mean) / static_cast<double>(row.size());
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] =
            (row[i] - mean) / std::sqrt(variance + 1e-5) * tensor(name + "/gamma")[0][i] + tensor(name + "/beta")[0][i];
    }
    return x;
  }

  static Rows columns(const Rows& x, std::size_t first, std::size_t count) {
    Rows some;
    for (const Row& row : x)
      some.emplace_back(row.begin() + static_cast<std::ptrdiff_t>(first),
                        row.begin() + static_cast<std::ptrdiff_t>(first + count));
    return some;
  }

  /// Of each query to the keys it sees, in the mean of the heads, when `shares` is wanted.
  Rows attend(const Rows& queries, const Rows& keys, const Rows& values, bool causal, Rows* shares) const {
    const auto heads = static_cast<std::size_t>(options_.heads);
    const std::size_t width = queries[0].size() / heads;
    Rows out(queries.size(), Row(queries[0].size()));
    if (shares != nullptr) shares->assign(queries.size(), Row(keys.size()));
    for (std::size_t q = 0; q < queries.size(); ++q) {
      const std::size_t seen = causal ? q + 1 : keys.size();
      for (std::size_t head = 0; head < heads; ++head) {
        Row weights;
        double total = 0;
        for (std::size_t k = 0; k < seen; ++k) {
          double score = 0;
          for (std::size_t c = head * width; c < (head + 1) * width; ++c) score += queries[q][c] * keys[k][c];
          total += weights.emplace_back(std::exp(score / std::sqrt(static_cast<double>(width))));
        }
        for (std::size_t k = 0; k < seen; ++k) {
          const double share = weights[k] / total;
          if (shares != nullptr) (*shares)[q][k] += share / static_cast<double>(heads);
          for (std::size_t c = head * width; c < (head + 1) * width; ++c) out[q][c] += share * values[k][c];
        }
      }
    }
    return out;
  }

  template <typename Part>
  Rows sublayer(const std::string& scope, const Rows& x, const Part& part) const {
    Rows sum = part(options_.norm_first ? norm(scope + "/layer_norm", x) : x);
    for (std::size_t row = 0; row < x.size(); ++row) {
      for (std::size_t i = 0; i < x[row].size(); ++i) sum[row][i] += x[row][i];
    }
    return options_.norm_first ? sum : norm(scope + "/layer_norm", std::move(sum));
  }

  Rows self_attention(const std::string& scope, const Rows& x, bool causal) const {
    return sublayer(scope, x, [&](const Rows& input) {
      const Rows all = linear(scope + "/linear_0", input);
      const std::size_t state = input[0].size();
      return linear(scope + "/linear_1", attend(columns(all, 0, state), columns(all, state, state),
                                                columns(all, 2 * state, state), causal, nullptr));
    });
  }

  Rows cross_attention(const std::string& scope, const Rows& x, const Rows& memory, Rows* shares) const {
    return sublayer(scope, x, [&](const Rows& input) {
      const Rows both = linear(scope + "/linear_1", memory);
      const std::size_t state = input[0].size();
      return linear(scope + "/linear_2", attend(linear(scope + "/linear_0", input), columns(both, 0, state),
                                                columns(both, state, state), /*causal=*/false, shares));
    });
  }

  Rows feed_forward(const std::string& scope, const Rows& x) const {
    return sublayer(scope, x, [&](const Rows& input) {
      Rows hidden = linear(scope + "/linear_0", input);
      for (Row& row : hidden) {
        for (double& value : row) value = activate(value, options_.activation);
      }
      return linear(scope + "/linear_1", hidden);
    });
  }

  Row position(const std::string& side, std::size_t index, std::size_t state) const {
    const std::string name = side + "/position_encodings/encodings";
    if (has(name)) return tensor(name)[index];
    Row row(state);
    const std::size_t half = state / 2;
    for (std::size_t i = 0; i < half; ++i) {
      const double period = std::pow(10000.0, static_cast<double>(i) / (static_cast<double>(half) - 1));
      row[i] = std::sin(static_cast<double>(index + 1) / period);
      row[half + i] = std::cos(static_cast<double>(index + 1) / period);
    }
    return row;
  }

  Rows embed(const std::string& side, const Side& options, std::span<const int> tokens) const {
    const bool numbered = has(side + "/embeddings_0/weight");
    const Rows& table = tensor(side + (numbered ? "/embeddings_0/weight" : "/embeddings/weight"));
    Rows x;
    for (std::size_t t = 0; t < tokens.size(); ++t) {
      Row& row = x.emplace_back(table[static_cast<std::size_t>(tokens[t])]);
      const Row shift = position(side, t, row.size());
      for (std::size_t i = 0; i < row.size(); ++i)
        row[i] = (options.starts_from_zero && t == 0 ? 0 : row[i] * options.embedding_scale) + shift[i];
    }
    return has(side + "/layernorm_embedding/gamma") ? norm(side + "/layernorm_embedding", std::move(x)) : x;
  }

  Rows encode(std::span<const int> source) const {
    Rows x = embed("encoder", options_.encoder, source);
    for (int layer = 0; layer < options_.encoder.layers; ++layer) {
      const std::string scope = "encoder/layer_" + std::to_string(layer);
      x = feed_forward(scope + "/ffn", self_attention(scope + "/self_attention", x, /*causal=*/false));
    }
    return has("encoder/layer_norm/gamma") ? norm("encoder/layer_norm", std::move(x)) : x;
  }

  Rows decode(std::span<const int> source, std::span<const int> tokens, Rows* last_shares) const {
    const Rows memory = encode(source);
    Rows x = embed("decoder", options_.decoder, tokens);
    for (int layer = 0; layer < options_.decoder.layers; ++layer) {
      const std::string scope = "decoder/layer_" + std::to_string(layer);
      x = self_attention(scope + "/self_attention", x, /*causal=*/true);
      x = cross_attention(scope + "/attention", x, memory, last_shares);
      x = feed_forward(scope + "/ffn", x);
    }
    return has("decoder/layer_norm/gamma") ? norm("decoder/layer_norm", std::move(x)) : x;
  }

  const Options options_;
  const std::map<std::string, Rows> tensors_;  // vectors are one row
};

}  // namespace voxlate::translation
