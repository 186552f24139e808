#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace voxlate::language_id {

/// A text classifier in fastText's file format, version 12, quantised or not (Joulin et al. 2016, "FastText.zip"; the
/// grammar heads fasttext_model.cpp). Every extent and index is checked when it is read. Immutable; thread-safe.
class FastTextModel {
 public:
  /// Throws `kCorrupt`, with what was expected and what came, for a file that is none or is damaged, `kUnsupported`
  /// for one that was trained otherwise than language models are.
  explicit FastTextModel(std::string_view file);

  /// Labels ("en") with their probabilities, the most probable one first, at most `most`. Empty for a text without
  /// any known piece. `text` is one line; blanks are between its words.
  std::vector<std::pair<std::string, float>> predict(std::string_view text, std::size_t most) const;

 private:
  class Reader;

  /// Codes of `dims / part` numbers each, of 256 each.
  struct Quantiser {
    std::int32_t dims = 0;
    std::int32_t parts = 0;
    std::int32_t part_dims = 0;
    std::int32_t last_dims = 0;
    std::vector<float> centroids;

    std::span<const float> centroid(std::int32_t part, std::uint8_t code) const;
  };

  struct Matrix {
    std::int64_t rows = 0;
    std::int64_t columns = 0;
    std::vector<float> values;  ///< empty: quantised
    std::vector<std::uint8_t> codes;
    std::vector<std::uint8_t> norm_codes;  ///< empty: without norms
    Quantiser quantiser;
    Quantiser norms;

    void add_row(std::int64_t row, std::span<float> sum) const;
  };

  /// A node of the tree over the labels, of which only inner ones have children.
  struct Node {
    std::int32_t left = -1;
    std::int32_t right = -1;
  };

  void read_dictionary(Reader& reader);
  void build_tree(std::span<const std::int64_t> counts);
  void check() const;

  std::vector<std::int64_t> rows_of(std::string_view text) const;
  void add_pieces(std::string_view word, std::vector<std::int64_t>& rows) const;
  float dot(std::int64_t row, std::span<const float> hidden) const;
  std::vector<float> tree_probabilities(std::span<const float> hidden) const;
  std::vector<float> softmax_probabilities(std::span<const float> hidden) const;

  std::int32_t dims_ = 0;
  std::int32_t loss_ = 0;
  std::int32_t buckets_ = 0;
  std::int32_t min_piece_ = 0;
  std::int32_t max_piece_ = 0;
  std::unordered_map<std::string, std::int32_t> words_;
  std::int32_t word_count_ = 0;
  std::vector<std::string> labels_;
  std::int64_t pruned_ = -1;  ///< buckets that are left; -1: all
  std::unordered_map<std::int32_t, std::int32_t> bucket_rows_;
  Matrix input_;
  Matrix output_;
  std::vector<Node> tree_;
};

}  // namespace voxlate::language_id
