#include "translation/net/hugging_face_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/ctranslate2_file.h"
#include "nn/compute.h"
#include "tests/unit/translation/net/computing.h"
#include "tests/unit/translation/net/hugging_face_model.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/net/network.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using model_file::Refusal;
using model_file::WrittenTensor;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::array kSource = {3, 5, 1, 0};
constexpr std::array kTarget = {10, 4, 7};
using Logits = std::vector<std::vector<float>>;

/// What the network says behind each of `tokens`, which it reads one by one.
Logits say(const NetworkReader& reader, std::span<const int> source, std::span<const int> tokens,
           const Computing& computing = {}) {
  nn::Compute compute(1);
  const auto network = computing.build(reader, compute);
  const auto session = network->new_session();
  const int sequence = session->open(network->encode({&source, 1}).front());
  Logits all;
  for (const int& token : tokens) {
    const nn::DecoderSession::Input input{.sequence = sequence, .tokens = {&token, 1}};
    const std::span<float> logits = session->step({&input, 1});
    all.emplace_back(logits.begin(), logits.end());
  }
  return all;
}

Logits say(const HuggingFaceModel& model, const Computing& computing = {}) {
  return say(WrittenHuggingFaceModel(model).reader(), kSource, kTarget, computing);
}

Logits say_as_ctranslate2(const HuggingFaceModel& model, int tokens, std::span<const int> target) {
  const std::string bytes = write_ctranslate2(model, tokens);
  const auto file = model_file::CTranslate2File::parse(model_file::as_bytes(bytes), "model.bin");
  return say(CTranslate2Reader(*file), kSource, target);
}

Refusal refusal_of(const HuggingFaceModel& model) {
  return model_file::refusal([&] { WrittenHuggingFaceModel{model}; });
}

void expect_near(const Logits& got, const Logits& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t i = 0; i < got.size(); ++i)
    EXPECT_THAT(got[i], testing::Pointwise(testing::FloatNear(2e-5F), expected[i])) << "token " << i;
}

// The numbers of make_hugging_face_reference.

TEST(HuggingFaceReader, MarianSaysWhatTheFormulasSay) {
  expect_near(say(make_marian()), {{0.8542016F, -2.039746F, 2.912532F, -0.5292003F, -0.9037807F, 0.9795107F, -2.673693F,
                                    -3.018616F, -1.063408F, -0.3351519F, -2.512119F},
                                   {0.8001103F, -1.987209F, 2.856121F, -0.5027876F, -0.8234416F, 1.074288F, -2.582682F,
                                    -3.006963F, -0.870415F, -0.3523243F, -2.443776F},
                                   {0.7765685F, -1.955528F, 2.974465F, -0.5655061F, -0.9197482F, 0.9395351F, -2.746085F,
                                    -2.975374F, -1.038214F, -0.3884394F, -2.565133F}});
}

TEST(HuggingFaceReader, M2m100SaysWhatTheFormulasSay) {
  expect_near(say(make_m2m100()), {{-0.6899754F, -0.9641898F, 1.001827F, -2.491236F, -1.142591F, 0.9839886F,
                                    -0.6446515F, 1.343238F, 1.456658F, -0.7162877F, 0.4552411F},
                                   {0.2277103F, -1.690612F, 0.9105845F, -1.682113F, -0.8804894F, 0.8017247F, -1.414536F,
                                    0.1644284F, 0.5335482F, -1.701688F, -0.05179231F},
                                   {-0.6948013F, 0.6743705F, 0.3411795F, -3.76913F, -0.9527639F, 1.544551F, -0.8479263F,
                                    1.901908F, 1.876373F, -0.4972652F, -1.052241F}});
}

TEST(HuggingFaceReader, MarianWithItsOwnTablesSaysWhatTheFormulasSay) {
  const HuggingFaceModel model = make_marian_with_its_own_tables();
  expect_near(say(model), {{0.3212607F, 1.836029F, 1.585907F, -2.600806F, 2.660694F, -0.04935688F, -0.3204454F,
                            -0.6810311F, -2.022338F, -1.939001F, -0.6985399F},
                           {0.2942946F, 1.812704F, 0.9308641F, -2.116165F, 2.717342F, -0.1886902F, 0.4802057F,
                            -0.3772355F, -1.253381F, -1.917151F, -0.6899402F},
                           {0.2530621F, 1.685908F, 0.9240853F, -1.824475F, 2.686123F, -0.8516922F, 1.385534F,
                            -0.2315667F, -1.482182F, -1.376284F, -0.6372957F}});
  nn::Compute compute(1);
  const auto network = Network::build(WrittenHuggingFaceModel(model).reader(), compute, ComputeType::kAuto);
  EXPECT_EQ(network->shape().source_vocabulary, 9);
  EXPECT_EQ(network->shape().target_vocabulary, 11);
  EXPECT_EQ(network->shape().source_context, 16);
  EXPECT_THAT(network->description(), HasSubstr("float32 weights, float32"));
}

TEST(HuggingFaceReader, FeedsAllWaysOfComputing) {
  for (const Computing& computing : ways_of_computing({ComputeType::kFloat32})) {
    for (const HuggingFaceModel& model : {make_marian(), make_m2m100(), make_marian_with_its_own_tables()})
      expect_near(say(model, computing), say(model));
  }
}

TEST(HuggingFaceReader, SaysToTheBitWhatACTranslate2FileOfTheSameWeightsSays) {
  for (const HuggingFaceModel& model : {make_marian(), make_m2m100()})
    EXPECT_EQ(say(model), say_as_ctranslate2(model, /*tokens=*/11, kTarget)) << model.config["model_type"];
}

TEST(HuggingFaceReader, PaddingOfZerosStartsAsAFileWithoutPaddingStartsFromZero) {
  HuggingFaceModel model = make_marian();
  std::string& table = model.tensor("model.shared.weight").data;
  std::fill(table.end() - 8 * sizeof(float), table.end(), '\0');
  Logits logits = say(model);
  for (std::vector<float>& row : logits) row.pop_back();
  EXPECT_EQ(logits, say_as_ctranslate2(model, /*tokens=*/10, std::array{2, kTarget[1], kTarget[2]}));
}

TEST(HuggingFaceReader, PositionsInTheFileCount) {
  HuggingFaceModel model = make_marian();
  const Logits with_sinusoids = say(model);
  model.tensors.push_back(make_positions("model.encoder.embed_positions.weight"));
  const Logits with_one = say(model);
  model.tensors.push_back(make_positions("model.decoder.embed_positions.weight"));
  const Logits with_both = say(model);
  EXPECT_NE(with_one, with_sinusoids);
  EXPECT_NE(with_both, with_one);
  EXPECT_EQ(with_both, say_as_ctranslate2(model, /*tokens=*/11, kTarget));
}

TEST(HuggingFaceReader, M2m100ComputesItsPositionsWhateverTheFileHas) {
  HuggingFaceModel model = make_m2m100();
  const Logits expected = say(model);
  model.tensors.push_back(make_positions("model.encoder.embed_positions.weights"));
  EXPECT_EQ(say(model), expected);
}

TEST(HuggingFaceReader, OneTableMayHaveAnyOfItsNamesOrSeveral) {
  for (const HuggingFaceModel& model : {make_marian(), make_m2m100()}) {
    const Logits expected = say(model);
    for (const char* const name :
         {"model.encoder.embed_tokens.weight", "model.decoder.embed_tokens.weight", "lm_head.weight"}) {
      HuggingFaceModel other = model;
      other.copy("model.shared.weight", name);
      EXPECT_EQ(say(other), expected) << name;
      other.remove("model.shared.weight");
      EXPECT_EQ(say(other), expected) << name;
      other = model;
      other.copy("model.shared.weight", name);
      other.tensor(name).data.front() ^= 1;
      const Refusal refusal = refusal_of(other);
      EXPECT_EQ(refusal.code, ErrorCode::kCorrupt);
      EXPECT_THAT(refusal.message, AllOf(HasSubstr(name), HasSubstr("model.shared.weight")));
    }
  }
}

TEST(HuggingFaceReader, LogitsNeedNoBias) {
  HuggingFaceModel model = make_marian();
  const Logits with_bias = say(model);
  WrittenTensor& bias = model.tensor("final_logits_bias");
  std::fill(bias.data.begin(), bias.data.end(), '\0');
  const Logits with_zeros = say(model);
  EXPECT_NE(with_zeros, with_bias);
  model.remove("final_logits_bias");
  EXPECT_EQ(say(model), with_zeros);
}

TEST(HuggingFaceReader, ReadsHalfPrecision) {
  HuggingFaceModel model = make_marian();
  WrittenTensor& table = model.tensor("model.shared.weight");
  const std::string wide[] = {std::string("\x00\x00\x80\x3f", 4), std::string("\x00\x00\x00\xbf", 4)};  // 1, -1/2
  const std::string half[] = {std::string("\x00\x3c", 2), std::string("\x00\xb8", 2)};
  std::string halves;
  table.data.clear();
  for (unsigned i = 0; i < 88; ++i) {
    table.data += wide[i * i % 7 % 2];
    halves += half[i * i % 7 % 2];
  }
  const Logits expected = say(model);
  table.type = 1;
  table.data = halves;
  EXPECT_EQ(say(model), expected);
  EXPECT_EQ(WrittenHuggingFaceModel(model).reader().weight_type(), "float16");
}

TEST(HuggingFaceReader, NamesTheTensorThatIsMissing) {
  for (const HuggingFaceModel& model : {make_marian(), make_m2m100(), make_marian_with_its_own_tables()}) {
    for (const WrittenTensor& tensor : model.tensors) {
      if (tensor.name == "final_logits_bias") continue;
      HuggingFaceModel broken = model;
      broken.remove(tensor.name);
      const Refusal refusal = refusal_of(broken);
      EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << tensor.name;
      EXPECT_THAT(refusal.message, AllOf(HasSubstr("model.safetensors"), HasSubstr(tensor.name + ": expected")));
    }
  }
}

TEST(HuggingFaceReader, NamesTheTensorOfAWrongShape) {
  for (const HuggingFaceModel& model : {make_marian(), make_m2m100(), make_marian_with_its_own_tables()}) {
    for (const WrittenTensor& tensor : model.tensors) {
      HuggingFaceModel broken = model;
      broken.tensor(tensor.name).shape.push_back(1);
      const Refusal refusal = refusal_of(broken);
      EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << tensor.name;
      EXPECT_THAT(refusal.message, AllOf(HasSubstr(tensor.name + ": expected ["), HasSubstr(", 1] at byte ")));
    }
  }
  HuggingFaceModel positions = make_marian();
  positions.tensors.push_back(make_positions("model.decoder.embed_positions.weight"));
  positions.tensors.back().shape = {8, 16};
  EXPECT_THAT(refusal_of(positions).message,
              HasSubstr("model.decoder.embed_positions.weight: expected [16, 8], got [8, 16]"));
}

TEST(HuggingFaceReader, NamesTheTensorThatItDoesNotKnow) {
  for (const std::string name : {"model.encoder.layers.1.ffn.experts.expert_0.fc1.weight", "lm_head.bias",
                                 "model.encoder.layers.2.fc1.weight", "model.decoder.layernorm_embedding.weight"}) {
    HuggingFaceModel model = make_m2m100();
    model.copy("model.decoder.layer_norm.weight", name);
    const Refusal refusal = refusal_of(model);
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported);
    EXPECT_THAT(refusal.message, HasSubstr(name));
  }
  // What one family has is foreign to the other.
  HuggingFaceModel m2m100 = make_m2m100();
  m2m100.copy("model.shared.weight", "final_logits_bias");
  EXPECT_EQ(refusal_of(m2m100).code, ErrorCode::kUnsupported);
  HuggingFaceModel marian = make_marian();
  marian.copy("model.encoder.layers.0.fc2.bias", "model.encoder.layer_norm.weight");
  EXPECT_EQ(refusal_of(marian).code, ErrorCode::kUnsupported);
}

TEST(HuggingFaceReader, NamesTheTensorOfAForeignType) {
  const HuggingFaceModel model = make_marian();
  std::string bytes = model_file::write_safetensors(model.tensors);
  const std::size_t name = bytes.find("model.encoder.layers.0.fc1.weight");
  bytes.replace(bytes.find("F32", name), 3, "I32");
  const TemporaryFolder folder;
  write_text(folder / "config.json", model.config.dump());
  const auto file = model_file::SafetensorsFile::parse(model_file::as_bytes(bytes), "model.safetensors");
  const Refusal refusal = model_file::refusal([&] { HuggingFaceReader(file, folder / "config.json"); });
  EXPECT_EQ(refusal.code, ErrorCode::kUnsupported);
  EXPECT_THAT(refusal.message, HasSubstr("model.encoder.layers.0.fc1.weight: expected F32, F16 or BF16, got I32"));
}

/// One value of config.json that is refused.
struct BadValue {
  const char* key;
  nlohmann::json value;
  ErrorCode code;
  const char* message;
};

TEST(HuggingFaceConfig, NamesTheValueThatItRefuses) {
  const std::vector<BadValue> values = {
      {"model_type", "bart", ErrorCode::kUnsupported, "model_type: expected marian or m2m_100, got bart"},
      {"model_type", "nllb-moe", ErrorCode::kUnsupported, "got nllb-moe"},
      {"model_type", 3, ErrorCode::kCorrupt, "model_type: expected a text, got number"},
      {"activation_function", "mish", ErrorCode::kUnsupported, "got mish"},
      {"d_model", 7, ErrorCode::kUnsupported, "d_model: expected an even number, got 7"},
      {"d_model", 100000, ErrorCode::kCorrupt, "d_model: expected a number from 4 to 8192, got 100000"},
      {"max_position_embeddings", 1 << 30, ErrorCode::kCorrupt, "max_position_embeddings: expected a number from"},
      {"encoder_layers", 0, ErrorCode::kCorrupt, "encoder_layers: expected a number from 1 to 128, got 0"},
      {"decoder_layers", 1.5, ErrorCode::kCorrupt, "decoder_layers: expected a number from 1 to 128, got 1.5"},
      {"encoder_ffn_dim", "12", ErrorCode::kCorrupt, "encoder_ffn_dim: expected a number from 1 to 65536, got string"},
      {"encoder_attention_heads", -2, ErrorCode::kCorrupt, "encoder_attention_heads: expected a number from 1"},
      {"vocab_size", ~std::uint64_t{0}, ErrorCode::kCorrupt, "vocab_size: expected a number from 1"},
      {"scale_embedding", 1, ErrorCode::kCorrupt, "scale_embedding: expected true or false, got number"}};
  for (const BadValue& bad : values) {
    HuggingFaceModel model = make_marian();
    model.config[bad.key] = bad.value;
    const Refusal refusal = refusal_of(model);
    EXPECT_EQ(refusal.code, bad.code) << bad.key;
    EXPECT_THAT(refusal.message, AllOf(HasSubstr("config.json: "), HasSubstr(bad.message)));
  }
}

TEST(HuggingFaceConfig, NamesTheValueThatIsMissing) {
  for (const char* const key :
       {"model_type", "d_model", "max_position_embeddings", "activation_function", "vocab_size", "encoder_layers",
        "encoder_attention_heads", "encoder_ffn_dim", "decoder_layers", "decoder_attention_heads", "decoder_ffn_dim"}) {
    HuggingFaceModel model = make_m2m100();
    model.config[key] = nullptr;
    EXPECT_THAT(refusal_of(model).message, HasSubstr(std::string(key) + ": expected a value, got none"));
    model.config.erase(key);
    const Refusal refusal = refusal_of(model);
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt);
    EXPECT_THAT(refusal.message, HasSubstr(std::string(key) + ": expected a value, got none"));
  }
  HuggingFaceModel list = make_marian();
  list.config = nlohmann::json::array();
  EXPECT_THAT(refusal_of(list).message, HasSubstr("config.json: expected an object, got array"));
}

TEST(HuggingFaceConfig, TakesWhatIsOptionalAsTransformersDoes) {
  const TemporaryFolder folder;
  const auto read = [&](nlohmann::json config) {
    for (const char* const key : {"scale_embedding", "pad_token_id", "decoder_vocab_size"}) config.erase(key);
    write_text(folder / "config.json", config.dump());
    return read_hugging_face_config(folder / "config.json");
  };
  const HuggingFaceConfig marian = read(make_marian().config);
  EXPECT_FALSE(marian.scales_embedding);
  EXPECT_TRUE(marian.embeddings_are_one);
  EXPECT_TRUE(marian.projection_is_embedding);
  EXPECT_EQ(marian.first_position, 0);
  const HuggingFaceConfig m2m100 = read(make_m2m100().config);
  EXPECT_TRUE(m2m100.scales_embedding);
  EXPECT_EQ(m2m100.first_position, 2);
  EXPECT_EQ(read(make_marian_with_its_own_tables().config).decoder.vocabulary, 9);
}

TEST(HuggingFaceConfig, KnowsTheActivations) {
  const std::vector<std::pair<const char*, nn::Activation>> names = {
      {"relu", nn::Activation::kRelu},         {"silu", nn::Activation::kSwish},
      {"swish", nn::Activation::kSwish},       {"gelu", nn::Activation::kGelu},
      {"gelu_new", nn::Activation::kGeluTanh}, {"quick_gelu", nn::Activation::kGeluSigmoid}};
  for (const auto& [name, activation] : names) {
    HuggingFaceModel model = make_m2m100();
    model.config["activation_function"] = name;
    EXPECT_EQ(WrittenHuggingFaceModel(model).reader().facts(Side::kDecoder).kind.activation, activation) << name;
  }
}

TEST(HuggingFaceWeights, AreASafetensorsFile) {
  const TemporaryFolder folder;
  const auto refusal = [&] { return model_file::refusal([&] { find_hugging_face_weights(folder.path()); }); };
  EXPECT_EQ(refusal().code, ErrorCode::kNotFound);
  write_text(folder / "pytorch_model.bin", "PK");
  EXPECT_EQ(refusal().code, ErrorCode::kUnsupported);
  EXPECT_THAT(refusal().message, AllOf(HasSubstr("model.safetensors"), HasSubstr("got pytorch_model.bin")));
  write_text(folder / "model.safetensors.index.json", "{}");
  EXPECT_THAT(refusal().message, HasSubstr("got model.safetensors.index.json"));
  write_text(folder / "model.safetensors", "");
  EXPECT_EQ(find_hugging_face_weights(folder.path()), folder / "model.safetensors");
}

}  // namespace
}  // namespace voxlate::translation
