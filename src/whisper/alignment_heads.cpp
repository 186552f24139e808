#include "whisper/alignment_heads.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

namespace voxlate::whisper {
namespace {

struct PublishedModel {
  std::string_view name;
  int n_text_layer;
  int n_text_head;
  bool multilingual;
  int n_mels;
  std::initializer_list<AttentionHead> heads;
};

constexpr int kEnglishVocabulary = 51864;

// Source: the alignment heads in __init__.py of OpenAI's whisper.
constexpr std::initializer_list<AttentionHead> kTinyEn{{1, 0}, {2, 0}, {2, 5}, {3, 0}, {3, 1}, {3, 2}, {3, 3}, {3, 4}};
constexpr std::initializer_list<AttentionHead> kTiny{{2, 2}, {3, 0}, {3, 2}, {3, 3}, {3, 4}, {3, 5}};
constexpr std::initializer_list<AttentionHead> kBaseEn{{3, 3}, {4, 7}, {5, 1}, {5, 5}, {5, 7}};
constexpr std::initializer_list<AttentionHead> kBase{{3, 1}, {4, 2}, {4, 3}, {4, 7}, {5, 1}, {5, 2}, {5, 4}, {5, 6}};
constexpr std::initializer_list<AttentionHead> kSmallEn{{6, 6},  {7, 0},  {7, 3},   {7, 8},  {8, 2},  {8, 5},  {8, 7},
                                                        {9, 0},  {9, 4},  {9, 8},   {9, 10}, {10, 0}, {10, 1}, {10, 2},
                                                        {10, 3}, {10, 6}, {10, 11}, {11, 2}, {11, 4}};
constexpr std::initializer_list<AttentionHead> kSmall{{5, 3}, {5, 9}, {8, 0}, {8, 4}, {8, 7},
                                                      {8, 8}, {9, 0}, {9, 7}, {9, 9}, {10, 5}};
constexpr std::initializer_list<AttentionHead> kMediumEn{{11, 4},  {14, 1}, {14, 12}, {14, 14}, {15, 4},  {16, 0},
                                                         {16, 4},  {16, 9}, {17, 12}, {17, 14}, {18, 7},  {18, 10},
                                                         {18, 15}, {20, 0}, {20, 3},  {20, 9},  {20, 14}, {21, 12}};
constexpr std::initializer_list<AttentionHead> kMedium{{13, 15}, {15, 4}, {15, 15}, {16, 1}, {20, 0}, {23, 4}};
constexpr std::initializer_list<AttentionHead> kLargeV1{{9, 19},  {11, 2},  {11, 4}, {11, 17}, {22, 7},
                                                        {22, 11}, {22, 17}, {23, 2}, {23, 15}};
constexpr std::initializer_list<AttentionHead> kLargeV2{{10, 12}, {13, 17}, {16, 11}, {16, 12}, {16, 13}, {17, 15},
                                                        {17, 16}, {18, 4},  {18, 11}, {18, 19}, {19, 11}, {21, 2},
                                                        {21, 3},  {22, 3},  {22, 9},  {22, 12}, {23, 5},  {23, 7},
                                                        {23, 13}, {25, 5},  {26, 1},  {26, 12}, {27, 15}};
constexpr std::initializer_list<AttentionHead> kLargeV3{{7, 0},   {10, 17}, {12, 18}, {13, 12}, {16, 1},
                                                        {17, 14}, {19, 11}, {21, 4},  {24, 1},  {25, 6}};
constexpr std::initializer_list<AttentionHead> kTurbo{{2, 4}, {2, 11}, {3, 3}, {3, 6}, {3, 11}, {3, 14}};

// A name that another one begins with stands behind it.
constexpr std::array kPublished = {
    PublishedModel{"tiny.en", 4, 6, false, 80, kTinyEn},        PublishedModel{"tiny", 4, 6, true, 80, kTiny},
    PublishedModel{"base.en", 6, 8, false, 80, kBaseEn},        PublishedModel{"base", 6, 8, true, 80, kBase},
    PublishedModel{"small.en", 12, 12, false, 80, kSmallEn},    PublishedModel{"small", 12, 12, true, 80, kSmall},
    PublishedModel{"medium.en", 24, 16, false, 80, kMediumEn},  PublishedModel{"medium", 24, 16, true, 80, kMedium},
    PublishedModel{"large-v1", 32, 20, true, 80, kLargeV1},     PublishedModel{"large-v2", 32, 20, true, 80, kLargeV2},
    PublishedModel{"large-v3-turbo", 4, 20, true, 128, kTurbo}, PublishedModel{"large-v3", 32, 20, true, 128, kLargeV3},
};

bool has_shape(const PublishedModel& model, const Network::Shape& shape) {
  return model.n_text_layer == shape.n_text_layer && model.n_text_head == shape.n_text_head &&
         model.n_mels == shape.n_mels && model.multilingual == (shape.n_vocab > kEnglishVocabulary);
}

}  // namespace

std::vector<AttentionHead> alignment_heads(std::string_view model_name, const Network::Shape& shape) {
  const auto fits = [&](const PublishedModel& model) { return has_shape(model, shape); };
  const auto named = std::find_if(kPublished.begin(), kPublished.end(), [&](const PublishedModel& model) {
    return fits(model) && model_name.find(model.name) != std::string_view::npos;
  });
  if (named != kPublished.end()) return named->heads;
  if (std::count_if(kPublished.begin(), kPublished.end(), fits) == 1)
    return std::find_if(kPublished.begin(), kPublished.end(), fits)->heads;
  std::vector<AttentionHead> heads;
  for (int layer = shape.n_text_layer / 2; layer < shape.n_text_layer; ++layer) {
    for (int head = 0; head < shape.n_text_head; ++head) heads.push_back({layer, head});
  }
  return heads;
}

}  // namespace voxlate::whisper
