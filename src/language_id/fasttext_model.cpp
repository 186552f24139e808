// fastText's file, little-endian:
//
//   file       := magic:i32 version:i32 args dictionary quantised:u8 matrix output_quantised:u8 matrix
//   args       := dims ws epoch min_count neg word_ngrams loss model buckets minn maxn lr_rate : i32, t:f64
//   dictionary := size:i32 words:i32 labels:i32 tokens:i64 pruned:i64 entry[size] bucket[max(pruned, 0)]
//   entry      := text NUL count:i64 kind:u8            words first, then labels
//   bucket     := hash:i32 row:i32
//   matrix     := rows:i64 columns:i64 f32[rows * columns]
//               | norms:u8 rows:i64 columns:i64 size:i32 u8[size] quantiser [ u8[rows] quantiser ]   when quantised
//   quantiser  := dims:i32 parts:i32 part_dims:i32 last_dims:i32 f32[dims * 256]
//
// A text is the mean of the rows of its words and of their pieces of minn to maxn characters, "<" and ">" at the ends
// of a word included; a piece has the row of its hash. Labels are the leaves of a Huffman tree by their counts.

#include "language_id/fasttext_model.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>

#include "voxlate/error.h"

namespace voxlate::language_id {
namespace {

constexpr std::int32_t kMagic = 793712314;
constexpr std::int32_t kVersion = 12;
constexpr std::int32_t kSupervised = 3;
constexpr std::int32_t kTreeLoss = 1;
constexpr std::int32_t kSoftmaxLoss = 3;
constexpr std::int32_t kCodes = 256;
constexpr std::int32_t kMostDims = 1024;
constexpr std::int32_t kMostLabels = 4096;
constexpr std::int32_t kMostEntries = 5'000'000;
constexpr std::int32_t kMostBuckets = 50'000'000;
constexpr std::int32_t kLongestPiece = 12;
constexpr std::size_t kLongestEntry = 1024;
constexpr std::size_t kMostWords = 2'000;       // of a text that are looked at
constexpr std::size_t kLongestWordBytes = 512;  // the rest of a longer one is passed over
constexpr std::string_view kLabelPrefix = "__label__";
constexpr std::string_view kLineEnd = "</s>";

[[noreturn]] void corrupt(const std::string& what) { throw Error(ErrorCode::kCorrupt, "fastText model: " + what); }

void require(std::string_view name, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return;
  corrupt(std::string(name) + ": expected " + std::to_string(low) + " to " + std::to_string(high) + ", got " +
          std::to_string(value));
}

// FNV-1a as fastText has it: bytes are signed.
std::uint32_t hash_of(std::string_view text) {
  std::uint32_t hash = 2166136261U;
  for (const char c : text) {
    hash ^= static_cast<std::uint32_t>(static_cast<std::int8_t>(c));
    hash *= 16777619U;
  }
  return hash;
}

bool continues_character(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0'; }

}  // namespace

/// Takes values off the front of the file.
class FastTextModel::Reader {
 public:
  explicit Reader(std::string_view file) : left_(file) {}

  template <typename T>
  T take() {
    T value{};
    std::memcpy(&value, bytes(sizeof(T)).data(), sizeof(T));
    return value;
  }

  bool flag() { return take<std::uint8_t>() != 0; }

  std::string_view text() {
    const std::size_t end = left_.substr(0, kLongestEntry).find('\0');
    if (end == std::string_view::npos) corrupt("a word has no end within " + std::to_string(kLongestEntry) + " bytes");
    const std::string_view text = left_.substr(0, end);
    left_.remove_prefix(end + 1);
    return text;
  }

  std::string_view bytes(std::size_t size) {
    if (size > left_.size())
      corrupt("expected " + std::to_string(size) + " more bytes, got " + std::to_string(left_.size()));
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }

  std::vector<float> floats(std::size_t count) {
    if (count > left_.size() / sizeof(float)) bytes(std::numeric_limits<std::size_t>::max());
    std::vector<float> values(count);
    const std::string_view source = bytes(count * sizeof(float));
    if (count > 0) std::memcpy(values.data(), source.data(), source.size());
    if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
      corrupt("expected numbers, got one that is not finite");
    return values;
  }

  std::vector<std::uint8_t> codes(std::size_t count) {
    const std::string_view source = bytes(count);
    return {source.begin(), source.end()};
  }

  Quantiser quantiser() {
    Quantiser read{.dims = take<std::int32_t>(),
                   .parts = take<std::int32_t>(),
                   .part_dims = take<std::int32_t>(),
                   .last_dims = take<std::int32_t>(),
                   .centroids = {}};
    require("quantiser dimensions", read.dims, 1, kMostDims);
    require("quantiser parts", read.parts, 1, read.dims);
    require("dimensions of a part", read.part_dims, 1, read.dims);
    require("dimensions of the last part", read.last_dims, 1, read.part_dims);
    require("dimensions of all parts", (read.parts - 1) * static_cast<std::int64_t>(read.part_dims) + read.last_dims,
            read.dims, read.dims);
    read.centroids = floats(static_cast<std::size_t>(read.dims) * kCodes);
    return read;
  }

  Matrix matrix(bool quantised) {
    Matrix read;
    const bool has_norms = quantised && flag();
    read.rows = take<std::int64_t>();
    read.columns = take<std::int64_t>();
    require("rows", read.rows, 1, std::int64_t{kMostEntries} + kMostBuckets);
    require("columns", read.columns, 1, kMostDims);
    const auto rows = static_cast<std::size_t>(read.rows);
    if (!quantised) {
      read.values = floats(rows * static_cast<std::size_t>(read.columns));
      return read;
    }
    const auto size = take<std::int32_t>();
    require("size of the codes", size, 0, std::numeric_limits<std::int32_t>::max());
    read.codes = codes(static_cast<std::size_t>(size));
    read.quantiser = quantiser();
    require("columns", read.columns, read.quantiser.dims, read.quantiser.dims);
    require("size of the codes", size, read.rows * read.quantiser.parts, read.rows * read.quantiser.parts);
    if (has_norms) {
      read.norm_codes = codes(rows);
      read.norms = quantiser();
      require("dimensions of norms", read.norms.dims, 1, 1);
    }
    return read;
  }

 private:
  std::string_view left_;
};

std::span<const float> FastTextModel::Quantiser::centroid(std::int32_t part, std::uint8_t code) const {
  const bool is_last = part == parts - 1;
  const auto size = static_cast<std::size_t>(is_last ? last_dims : part_dims);
  const std::size_t first = static_cast<std::size_t>(part) * kCodes * static_cast<std::size_t>(part_dims);
  return std::span(centroids).subspan(first + code * size, size);
}

void FastTextModel::Matrix::add_row(std::int64_t row, std::span<float> sum) const {
  const auto at = static_cast<std::size_t>(row);
  if (!values.empty()) {
    const auto numbers = std::span(values).subspan(at * sum.size(), sum.size());
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += numbers[i];
    return;
  }
  const float norm = norm_codes.empty() ? 1 : norms.centroid(0, norm_codes[at]).front();
  std::size_t place = 0;
  for (std::int32_t part = 0; part < quantiser.parts; ++part) {
    const std::uint8_t code = codes[at * static_cast<std::size_t>(quantiser.parts) + static_cast<std::size_t>(part)];
    for (const float number : quantiser.centroid(part, code)) sum[place++] += norm * number;
  }
}

FastTextModel::FastTextModel(std::string_view file) {
  Reader reader(file);
  const auto magic = reader.take<std::int32_t>();
  if (magic != kMagic) corrupt("expected the mark " + std::to_string(kMagic) + ", got " + std::to_string(magic));
  require("version", reader.take<std::int32_t>(), kVersion, kVersion);
  dims_ = reader.take<std::int32_t>();
  for (int passed_over = 0; passed_over < 4; ++passed_over) reader.take<std::int32_t>();
  const auto word_ngrams = reader.take<std::int32_t>();
  loss_ = reader.take<std::int32_t>();
  const auto kind = reader.take<std::int32_t>();
  buckets_ = reader.take<std::int32_t>();
  min_piece_ = reader.take<std::int32_t>();
  max_piece_ = reader.take<std::int32_t>();
  reader.take<std::int32_t>();
  reader.take<double>();
  require("dimensions", dims_, 1, kMostDims);
  require("buckets", buckets_, 1, kMostBuckets);
  require("longest piece", max_piece_, 1, kLongestPiece);
  require("shortest piece", min_piece_, 1, max_piece_);
  if (kind != kSupervised || word_ngrams != 1 || (loss_ != kTreeLoss && loss_ != kSoftmaxLoss)) {
    throw Error(ErrorCode::kUnsupported,
                "fastText model: expected a classifier of single words with a tree or soft-max over its labels");
  }
  read_dictionary(reader);
  const bool quantised = reader.flag();
  input_ = reader.matrix(quantised);
  output_ = reader.matrix(reader.flag() && quantised);
  check();
}

void FastTextModel::read_dictionary(Reader& reader) {
  const auto size = reader.take<std::int32_t>();
  word_count_ = reader.take<std::int32_t>();
  const auto label_count = reader.take<std::int32_t>();
  reader.take<std::int64_t>();
  pruned_ = reader.take<std::int64_t>();
  require("entries", size, 1, kMostEntries);
  require("words", word_count_, 0, size);
  require("labels", label_count, 2, kMostLabels);
  require("words and labels", std::int64_t{word_count_} + label_count, size, size);
  require("buckets that are left", pruned_, -1, buckets_);
  std::vector<std::int64_t> counts;
  for (std::int32_t i = 0; i < size; ++i) {
    const std::string_view text = reader.text();
    const auto count = reader.take<std::int64_t>();
    const bool is_label = reader.take<std::uint8_t>() == 1;
    if (is_label != (i >= word_count_)) corrupt("expected words, then labels");
    require("count of a word", count, 0, std::int64_t{1} << 50U);
    if (!is_label) {
      words_.emplace(text, i);
      continue;
    }
    labels_.emplace_back(text.starts_with(kLabelPrefix) ? text.substr(kLabelPrefix.size()) : text);
    counts.push_back(count);
  }
  for (std::int64_t i = 0; i < pruned_; ++i) {
    const auto hash = reader.take<std::int32_t>();
    const auto row = reader.take<std::int32_t>();
    require("row of a bucket", row, 0, pruned_ - 1);
    bucket_rows_.emplace(hash, row);
  }
  if (loss_ == kTreeLoss) build_tree(counts);
}

/// As fastText builds it: counts fall, and of equal ones the inner node comes first.
void FastTextModel::build_tree(std::span<const std::int64_t> counts) {
  constexpr std::int64_t kEndless = std::int64_t{1} << 60U;
  const auto leaves = static_cast<std::int32_t>(counts.size());
  std::vector<std::int64_t> sums(counts.begin(), counts.end());
  sums.resize(static_cast<std::size_t>(2 * leaves - 1), kEndless);
  tree_.resize(sums.size());
  std::int32_t leaf = leaves - 1;
  std::int32_t inner = leaves;
  const auto sum = [&](std::int32_t node) -> std::int64_t& { return sums[static_cast<std::size_t>(node)]; };
  const auto take_least = [&] { return leaf >= 0 && sum(leaf) < sum(inner) ? leaf-- : inner++; };
  for (std::int32_t node = leaves; node < 2 * leaves - 1; ++node) {
    Node& made = tree_[static_cast<std::size_t>(node)];
    made.left = take_least();
    made.right = take_least();
    if (made.left >= node || made.right >= node) corrupt("the counts of its labels make no tree");
    sum(node) = sum(made.left) + sum(made.right);
  }
}

void FastTextModel::check() const {
  const std::int64_t left = pruned_ >= 0 ? pruned_ : buckets_;
  require("rows of the input", input_.rows, word_count_ + left, word_count_ + left);
  require("columns of the input", input_.columns, dims_, dims_);
  const auto labels = static_cast<std::int64_t>(labels_.size());
  require("rows of the output", output_.rows, labels, labels);
  require("columns of the output", output_.columns, dims_, dims_);
}

void FastTextModel::add_pieces(std::string_view word, std::vector<std::int64_t>& rows) const {
  const std::string whole = "<" + std::string(word.substr(0, kLongestWordBytes)) + ">";
  for (std::size_t begin = 0; begin < whole.size(); ++begin) {
    if (continues_character(whole[begin])) continue;
    std::size_t end = begin;
    for (std::int32_t size = 1; size <= max_piece_ && end < whole.size(); ++size) {
      for (++end; end < whole.size() && continues_character(whole[end]);) ++end;
      if (size < min_piece_ || (size == 1 && (begin == 0 || end == whole.size()))) continue;
      const std::uint32_t hash =
          hash_of(std::string_view(whole).substr(begin, end - begin)) % static_cast<std::uint32_t>(buckets_);
      if (pruned_ < 0) {
        rows.push_back(word_count_ + std::int64_t{hash});
      } else if (const auto row = bucket_rows_.find(static_cast<std::int32_t>(hash)); row != bucket_rows_.end()) {
        rows.push_back(word_count_ + std::int64_t{row->second});
      }
    }
  }
}

std::vector<std::int64_t> FastTextModel::rows_of(std::string_view text) const {
  std::vector<std::int64_t> rows;
  const auto add = [&](std::string_view word) {
    const auto known = words_.find(std::string(word));
    if (known != words_.end()) rows.push_back(known->second);
    if (word != kLineEnd) add_pieces(word, rows);
  };
  std::size_t words = 0;
  for (std::size_t at = 0; at < text.size() && words < kMostWords; ++words) {
    while (at < text.size() && is_blank(text[at])) ++at;
    const std::size_t begin = at;
    while (at < text.size() && !is_blank(text[at])) ++at;
    if (at > begin) add(text.substr(begin, at - begin));
  }
  if (!rows.empty()) add(kLineEnd);
  return rows;
}

float FastTextModel::dot(std::int64_t row, std::span<const float> hidden) const {
  std::vector<float> weights(hidden.size());
  output_.add_row(row, weights);
  return std::inner_product(hidden.begin(), hidden.end(), weights.begin(), 0.0F);
}

/// Down the tree: an inner node goes right with the probability that its row gives.
std::vector<float> FastTextModel::tree_probabilities(std::span<const float> hidden) const {
  const std::size_t leaves = labels_.size();
  std::vector<float> shares(tree_.size());
  shares.back() = 1;
  for (std::size_t node = tree_.size() - 1; node >= leaves; --node) {
    const float right = 1 / (1 + std::exp(-dot(static_cast<std::int64_t>(node - leaves), hidden)));
    shares[static_cast<std::size_t>(tree_[node].left)] = shares[node] * (1 - right);
    shares[static_cast<std::size_t>(tree_[node].right)] = shares[node] * right;
  }
  shares.resize(leaves);
  return shares;
}

std::vector<float> FastTextModel::softmax_probabilities(std::span<const float> hidden) const {
  std::vector<float> shares;
  for (std::size_t label = 0; label < labels_.size(); ++label)
    shares.push_back(dot(static_cast<std::int64_t>(label), hidden));
  const float most = *std::max_element(shares.begin(), shares.end());
  for (float& share : shares) share = std::exp(share - most);
  const float sum = std::accumulate(shares.begin(), shares.end(), 0.0F);
  for (float& share : shares) share /= sum;
  return shares;
}

std::vector<std::pair<std::string, float>> FastTextModel::predict(std::string_view text, std::size_t most) const {
  const std::vector<std::int64_t> rows = rows_of(text);
  if (rows.empty()) return {};
  std::vector<float> hidden(static_cast<std::size_t>(dims_));
  for (const std::int64_t row : rows) input_.add_row(row, hidden);
  for (float& number : hidden) number /= static_cast<float>(rows.size());
  const std::vector<float> shares = loss_ == kTreeLoss ? tree_probabilities(hidden) : softmax_probabilities(hidden);
  std::vector<std::pair<std::string, float>> labels;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (shares[i] > 0 && shares[i] <= 1.001F) labels.emplace_back(labels_[i], std::min(shares[i], 1.0F));
  }
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.second > b.second; });
  if (labels.size() > most) labels.resize(most);
  return labels;
}

}  // namespace voxlate::language_id
