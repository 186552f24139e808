// Files that are not as they should be: refused by name, whatever is wrong with them.

#include "translation/net/ctranslate2_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "tests/unit/translation/net/small_model.h"

namespace voxlate::translation {
namespace {

using model_file::bytes_of;
using model_file::Refusal;
using model_file::written_number;
using model_file::WrittenCTranslate2;
using model_file::WrittenType;
using model_file::WrittenVariable;
using testing::AllOf;
using testing::HasSubstr;

using Bend = std::function<void(WrittenCTranslate2& file)>;

WrittenCTranslate2 small_file(const ModelKind& kind = {}) { return make_small_model(kind).file; }

Refusal refusal_of(const WrittenCTranslate2& file) {
  nn::Compute compute(1);
  return model_file::refusal([&] { build_network(file, compute, ComputeType::kFloat32); });
}

Refusal refusal_after(const Bend& bend, const ModelKind& kind = {}) {
  WrittenCTranslate2 file = small_file(kind);
  bend(file);
  return refusal_of(file);
}

Bend with(const WrittenVariable& variable) {
  return [variable](WrittenCTranslate2& file) {
    if (WrittenVariable* const old = file.find(variable.name))
      *old = variable;
    else
      file.variables.push_back(variable);
  };
}

/// All zeros.
WrittenVariable zeros(std::string name, std::vector<std::uint32_t> shape, WrittenType type = WrittenType::kF32) {
  std::size_t count = 1;
  for (const std::uint32_t extent : shape) count *= extent;
  return {.name = std::move(name),
          .type = type,
          .shape = std::move(shape),
          .data = std::string(count * model_file::bytes_each(type), '\0')};
}

bool is_optional(const std::string& name) {
  return name.ends_with("/bias") || name.ends_with("/encodings") || name.ends_with("embedding/gamma") ||
         name == "encoder/layer_norm/gamma" || name == "decoder/layer_norm/gamma";
}

TEST(CTranslate2Reader, MissesEveryTensorByName) {
  for (const WrittenType type : {WrittenType::kF32, WrittenType::kI8, WrittenType::kI16}) {
    const WrittenCTranslate2 whole = small_file({.embedding_norm = true, .weights = type});
    ASSERT_EQ(refusal_of(whole).message, "accepted");
    for (const WrittenVariable& variable : whole.variables) {
      if (is_optional(variable.name) || (variable.shape.empty() && !variable.name.ends_with("_scale"))) continue;
      WrittenCTranslate2 file = whole;
      file.remove(variable.name);
      const Refusal refusal = refusal_of(file);
      EXPECT_TRUE(refusal.code == ErrorCode::kCorrupt || refusal.code == ErrorCode::kUnsupported) << variable.name;
      if (variable.name != "encoder/embeddings/weight")
        EXPECT_THAT(refusal.message, HasSubstr(variable.name));
      else
        EXPECT_THAT(refusal.message, HasSubstr("without encoder"));
    }
  }
}

TEST(CTranslate2Reader, ReadsWhatIsOptionalWhereItIsThere) {
  const WrittenCTranslate2 whole = small_file({.embedding_norm = true});
  for (const WrittenVariable& variable : whole.variables) {
    if (!is_optional(variable.name)) continue;
    WrittenCTranslate2 file = whole;
    file.remove(variable.name);
    if (variable.name.ends_with("/gamma")) {
      EXPECT_THAT(refusal_of(file).message, HasSubstr("gamma")) << "half of it";
      file.remove(variable.name.substr(0, variable.name.rfind('/')) + "/beta");
    }
    EXPECT_EQ(refusal_of(file).message, "accepted") << variable.name;
  }
}

/// One row or column more, one less, another rank: what every shape has to withstand.
TEST(CTranslate2Reader, RefusesEveryWrongShapeByName) {
  const WrittenCTranslate2 whole = small_file({.embedding_norm = true});
  for (const WrittenVariable& variable : whole.variables) {
    if (variable.shape.empty()) continue;
    const bool is_table = variable.name.find("embeddings/weight") != std::string::npos;
    const bool is_inner = variable.name.find("ffn/linear_0/") != std::string::npos;
    for (std::size_t dimension = 0; dimension < variable.shape.size(); ++dimension) {
      if (dimension == 0 && (variable.name.ends_with("encodings") || variable.name == "encoder/embeddings/weight"))
        continue;  // as long as they like
      for (const int change : {-1, 1}) {
        std::vector<std::uint32_t> shape = variable.shape;
        shape[dimension] = static_cast<std::uint32_t>(static_cast<int>(shape[dimension]) + change);
        const Refusal refusal = refusal_after(with(zeros(variable.name, shape)), {.embedding_norm = true});
        EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << variable.name << ": " << refusal.message;
        const std::string scope = variable.name.substr(0, variable.name.rfind('/'));
        if (variable.name == "decoder/projection/weight")
          EXPECT_THAT(refusal.message, HasSubstr(dimension == 0 ? "decoder/projection" : "embedding"));
        else if (is_table)
          EXPECT_THAT(refusal.message, HasSubstr("embedding"));
        else if (is_inner && dimension == 0)
          EXPECT_THAT(refusal.message, HasSubstr(scope.substr(0, scope.rfind('/')))) << "the other layer disagrees";
        else
          EXPECT_THAT(refusal.message, HasSubstr(scope));
      }
    }
    const Refusal flat = refusal_after(with(zeros(variable.name, {1, 1, 1})), {.embedding_norm = true});
    EXPECT_EQ(flat.code, ErrorCode::kCorrupt) << variable.name;
    EXPECT_THAT(flat.message, HasSubstr(variable.name));
  }
}

TEST(CTranslate2Reader, RefusesNoVocabularyAndHugeOnes) {
  for (const std::string name :
       {"encoder/embeddings/weight", "decoder/embeddings/weight", "decoder/projection/weight"}) {
    for (const std::vector<std::uint32_t>& shape :
         {std::vector<std::uint32_t>{0, 32}, {23, 0}, {0, 0}, {0, 0xFFFFFFFF}, {0xFFFFFFFF, 0}}) {
      const Refusal refusal = refusal_after(with({.name = name, .shape = shape, .data = {}}));
      EXPECT_EQ(refusal.code, ErrorCode::kCorrupt);
      EXPECT_THAT(refusal.message, HasSubstr(name));
    }
    const Refusal huge = refusal_after(with({.name = name, .shape = {0x7FFFFFFF, 0x7FFFFFFF}, .data = {}}));
    EXPECT_EQ(huge.code, ErrorCode::kCorrupt);
    EXPECT_THAT(huge.message, HasSubstr(name));
    const Refusal wide = refusal_after(with(zeros(name, {1, (1 << 16) + 1}, WrittenType::kI8)));
    EXPECT_THAT(wide.message, AllOf(HasSubstr(name), HasSubstr("at most [4194304, 65536], got [1, 65537]")));
  }
}

TEST(CTranslate2Reader, RefusesWhatTheseNetworksDoNotHave) {
  for (const std::string name :
       {"encoder/layer_0/self_attention/relative_position_keys", "decoder/layer_1/ffn/linear_0_noact/weight",
        "decoder/layer_0/self_attention/rotary_scaling_long_factor", "encoder/project_in/weight",
        "encoder/embeddings_1/weight", "encoder/layer_0/self_attention/linear_2/weight",
        "encoder/layer_0/attention/linear_0/weight", "decoder/layer_0/ffn/linear_2/weight",
        "decoder/layer_0/self_attention/query_norm/gamma", "decoder/layer_3/ffn/linear_0/weight",
        "encoder/layer_00/ffn/linear_0/weight", "encoder/projection/weight", "decoder/embeddings/bias", "weight"}) {
    const Refusal refusal = refusal_after(with(zeros(name, {32, 32})));
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported) << name;
    EXPECT_THAT(refusal.message, AllOf(HasSubstr("model.bin: "), HasSubstr("\"" + name + "\"")));
  }
  for (const std::string name : {"decoder/alibi", "encoder/multi_query_attention", "encoder/rms_norm",
                                 "encoder/embeddings_merge", "decoder/something_new"}) {
    const Refusal refusal = refusal_after(with(written_number(name, 1)));
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported) << name;
    EXPECT_THAT(refusal.message, HasSubstr("\"" + name + "\""));
  }
  EXPECT_THAT(refusal_after([](WrittenCTranslate2& file) { file.spec = "WhisperSpec"; }).message,
              HasSubstr("expected Transformer…, an encoder with a decoder, got WhisperSpec"));
  const Refusal no_shift =
      refusal_after([](WrittenCTranslate2& file) { file.remove("decoder/layer_0/ffn/layer_norm/beta"); });
  EXPECT_EQ(no_shift.code, ErrorCode::kUnsupported) << "an RMS normalisation";
}

TEST(CTranslate2Reader, RefusesNumbersThatCannotBe) {
  const auto of = [](const std::string& name, float value, WrittenType type = WrittenType::kI8) {
    return refusal_after(with(written_number(name, value, type)));
  };
  const float nan = std::numeric_limits<float>::quiet_NaN();
  for (const float activation : {-1.0F, 5.0F, 100.0F}) {
    EXPECT_EQ(of("encoder/activation", activation).code, ErrorCode::kUnsupported);
    EXPECT_THAT(of("decoder/activation", activation).message, HasSubstr("decoder/activation: expected 0 (ReLU) to 4"));
  }
  for (const float heads : {0.0F, 3.0F, 64.0F, -4.0F}) {
    EXPECT_EQ(of("decoder/num_heads", heads).code, ErrorCode::kCorrupt) << heads;
    EXPECT_THAT(of("encoder/num_heads", heads).message, HasSubstr("heads of the encoder: expected a divisor of 32"));
  }
  EXPECT_THAT(of("encoder/num_heads", 1.5F, WrittenType::kF32).message, HasSubstr("expected a whole number"));
  EXPECT_THAT(of("encoder/num_heads", nan, WrittenType::kF32).message, HasSubstr("expected a whole number"));
  EXPECT_THAT(of("encoder/scale_embeddings", nan, WrittenType::kF32).message,
              HasSubstr("encoder/scale_embeddings: expected a number, got nan"));
  EXPECT_THAT(refusal_after(with(zeros("encoder/scale_embeddings", {2}))).message,
              HasSubstr("encoder/scale_embeddings: expected one number"));
  EXPECT_THAT(refusal_after(with(zeros("encoder/num_heads", {2}))).message, HasSubstr("encoder/num_heads"));
}

TEST(CTranslate2Reader, RefusesScalesThatCannotBe) {
  const std::string name = "decoder/layer_1/attention/linear_1/weight";
  const ModelKind bytes{.weights = WrittenType::kI8};
  const ModelKind shorts{.weights = WrittenType::kI16};
  const auto scales = [&](const std::vector<float>& values) {
    WrittenVariable variable{.name = name + "_scale", .shape = {static_cast<std::uint32_t>(values.size())}, .data = {}};
    for (const float value : values) variable.data += bytes_of(value);
    return with(variable);
  };
  ASSERT_EQ(refusal_after(scales(std::vector<float>(64, 20)), bytes).message, "accepted");
  for (const std::size_t count : {0U, 1U, 63U, 65U})
    EXPECT_THAT(refusal_after(scales(std::vector<float>(count, 20)), bytes).message,
                HasSubstr(name + "_scale: expected 64 numbers, got " + std::to_string(count)));
  EXPECT_THAT(refusal_after(scales({20, 20}), shorts).message, HasSubstr(name + "_scale: expected 1 numbers, got 2"));
  for (const float bad : {0.0F, -1.0F, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          std::numeric_limits<float>::denorm_min()}) {
    std::vector<float> values(64, 20);
    values[37] = bad;
    const Refusal refusal = refusal_after(scales(values), bytes);
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << bad;
    EXPECT_THAT(refusal.message, HasSubstr(name + "_scale: expected positive numbers"));
  }
  EXPECT_THAT(refusal_after(with(zeros(name + "_scale", {64}, WrittenType::kI8)), bytes).message,
              HasSubstr(name + "_scale: expected floating-point numbers"));
  EXPECT_THAT(refusal_after(scales(std::vector<float>(64, 20))).message, HasSubstr(name + "_scale: expected none"));
  EXPECT_THAT(refusal_after(with(zeros(name, {64, 32}, WrittenType::kI32))).message,
              HasSubstr(name + ": expected f32, f16, bf16, i8 or i16, got i32"));
  EXPECT_THAT(refusal_after(with(zeros("encoder/layer_norm/gamma", {32}, WrittenType::kI8))).message,
              HasSubstr("encoder/layer_norm/gamma: expected floating-point numbers"));
  EXPECT_THAT(refusal_after(with(zeros("encoder/position_encodings/encodings", {128, 32}, WrittenType::kI8))).message,
              HasSubstr("encoder/position_encodings/encodings: expected [positions, 32] of floating-point numbers"));
}

TEST(CTranslate2Reader, RefusesNetworksWithoutLayersOrPositions) {
  const Refusal none = refusal_after([](WrittenCTranslate2& file) {
    std::erase_if(file.variables, [](const WrittenVariable& one) { return one.name.starts_with("decoder/layer_"); });
    file.variables.push_back(zeros("decoder/layer_norm/gamma", {32}));
    file.variables.push_back(zeros("decoder/layer_norm/beta", {32}));
  });
  EXPECT_THAT(none.message, HasSubstr("layers of the decoder"));
  EXPECT_THAT(refusal_after(with(zeros("encoder/position_encodings/encodings", {1, 32}))).message,
              HasSubstr("positions, at least: expected 2, got 1"));
}

TEST(CTranslate2Reader, NetworksSurviveEveryBrokenByteOfTheirNumbers) {
  // NaN weights, infinite norms: anything may be said, but it is said.
  WrittenCTranslate2 file = small_file();
  for (const std::string name : {"encoder/layer_0/ffn/linear_0/weight", "decoder/layer_norm/gamma"}) {
    for (char& byte : file.at(name).data) byte = static_cast<char>(0xFF);
  }
  nn::Compute compute(1);
  for (const ComputeType type : {ComputeType::kFloat32, ComputeType::kFloat16, ComputeType::kInt8}) {
    const auto network = build_network(file, compute, type);
    const std::vector<int> tokens = {1, 2};
    const std::span<const int> one = tokens;
    const auto session = network->new_session();
    const nn::DecoderSession::Input input{.sequence = session->open(network->encode({&one, 1}).at(0)),
                                          .tokens = tokens};
    EXPECT_TRUE(std::isnan(session->step({&input, 1})[0]) || type == ComputeType::kInt8);
  }
}

}  // namespace
}  // namespace voxlate::translation
