#include "model_file/safetensors_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <cstring>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

// Sanitizers keep what is freed, and shadows of everything.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsInstrumented = true;
#else
constexpr bool kIsInstrumented = false;
#endif

Refusal refusal_of(std::string_view bytes) {
  return refusal([&] { SafetensorsFile::parse(as_bytes(bytes), "m.safetensors"); });
}

constexpr std::string_view kHeader = R"({"__metadata__":{"format":"pt","a":"b"},)"
                                     R"("b":{"dtype":"F16","shape":[2,1],"data_offsets":[8,12]},)"
                                     R"("a":{"data_offsets":[0,8],"shape":[2],"dtype":"F32"},)"
                                     R"("i":{"dtype":"I64","shape":[],"data_offsets":[12,20]},)"
                                     R"("none":{"dtype":"F32","shape":[0,3],"data_offsets":[20,20]}}   )";

std::string data() {
  const float weights[] = {1.5F, -2.0F};
  std::string bytes(sizeof weights, '\0');
  std::memcpy(bytes.data(), weights, sizeof weights);
  return bytes + std::string("\x00\x3c\x00\xc0", 4) + std::string(8, '\x01');
}

TEST(SafetensorsFile, GivesTensorsByName) {
  const std::string bytes = write_safetensors(kHeader, data());
  const auto file = SafetensorsFile::parse(as_bytes(bytes), "m.safetensors");
  std::vector<float> weights(2);
  to_f32(file.tensor("a"), weights);
  EXPECT_THAT(weights, ElementsAre(1.5F, -2.0F));
  to_f32(file.tensor("b"), weights);
  EXPECT_THAT(weights, ElementsAre(1.0F, -2.0F));
  EXPECT_THAT(file.tensor("b").shape, ElementsAre(2, 1));
  EXPECT_EQ(element_count(file.tensor("none")), 0);
  EXPECT_EQ(file.records().size(), 4U);
  EXPECT_TRUE(file.contains("i"));
  EXPECT_FALSE(file.contains("__metadata__"));
}

TEST(SafetensorsFile, RefusesAnUnreadTypeOnlyWhenItIsAskedFor) {
  const std::string bytes = write_safetensors(kHeader, data());
  const auto file = SafetensorsFile::parse(as_bytes(bytes), "m.safetensors");
  try {
    file.tensor("i");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kUnsupported);
    EXPECT_THAT(error.what(), HasSubstr("m.safetensors: i: expected F32, F16 or BF16, got I64"));
  }
  EXPECT_THROW(file.tensor("nothing"), Error);
}

TEST(SafetensorsFile, IsReadFromDisk) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "m.safetensors", write_safetensors(kHeader, data()));
  const SafetensorsFile file = SafetensorsFile::open(folder / "m.safetensors");
  EXPECT_EQ(file.file_name(), "m.safetensors");
  std::vector<float> weights(2);
  to_f32(file.tensor("a"), weights);
  EXPECT_THAT(weights, ElementsAre(1.5F, -2.0F));
}

TEST(SafetensorsFile, IsRefusedWhereverItIsCut) {
  const std::string whole = write_safetensors(kHeader, data());
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Refusal refusal = refusal_of(std::string_view(whole).substr(0, size));
    ASSERT_EQ(refusal.code, ErrorCode::kCorrupt) << size;
    ASSERT_THAT(refusal.message, AllOf(StartsWith("m.safetensors: "), HasSubstr(" at byte "))) << size;
  }
  EXPECT_THAT(refusal_of(whole + "x").message, HasSubstr("got 1 more bytes"));
}

TEST(SafetensorsFile, RefusesAHeaderThatIsNotOne) {
  const std::string deep(100'000, '[');
  std::string deep_objects;
  for (int i = 0; i < 10'000; ++i) deep_objects += R"({"a":)";
  for (const std::string& header :
       {std::string(),
        std::string("null"),
        std::string("[]"),
        std::string("{"),
        std::string("{}x"),
        std::string("\"a\""),
        std::string(R"({"a":1})"),
        std::string(R"({"a":null})"),
        std::string(R"({"a":"F32"})"),
        std::string(R"({"a":[]})"),
        std::string(R"({"__metadata__":{"a":1}})"),
        std::string(R"({"__metadata__":{"a":{}}})"),
        std::string(R"({"a":{}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2]}})"),
        std::string(R"({"a":{"dtype":"F32","data_offsets":[0,8]}})"),
        std::string(R"({"a":{"shape":[2],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2],"shape":[2],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}})"),
        std::string(R"({"a":{"dtype":7,"shape":[2],"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"more":{}}})"),
        std::string(R"({"a":{"dtype":"F32","shape":[[2]],"data_offsets":[0,8]}})"),
        "{\"" + std::string(600, 'n') + "\":{}}",
        deep,
        R"({"a":)" + deep,
        deep_objects}) {
    const Refusal refusal = refusal_of(write_safetensors(header, std::string(8, '\0')));
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << header.substr(0, 100) << ": " << refusal.message;
  }
}

std::string one_tensor(std::string_view dtype, std::string_view shape, std::string_view offsets) {
  return R"("a":{"dtype":")" + std::string(dtype) + R"(","shape":[)" + std::string(shape) + R"(],"data_offsets":[)" +
         std::string(offsets) + "]}";
}

TEST(SafetensorsFile, RefusesExtentsThatDoNotAgree) {
  struct Case {
    std::string tensors;
    std::string_view expected;
  };
  for (const Case& wrong : {
           Case{one_tensor("F32", "3", "0,8"), "a: expected the bytes of F32 [3], got 8 at byte"},
           Case{one_tensor("F32", "2", "0,12"), "a: expected data_offsets from 0 and within 8, got [0, 12]"},
           Case{one_tensor("F32", "2", "8,0"), "expected data_offsets from 0"},
           Case{one_tensor("F32", "1", "4,8"), "expected data_offsets from 0"},
           Case{one_tensor("F32", "1", "0,4"), "got 4 more bytes"},
           Case{one_tensor("I64", "2", "0,8"), "expected the bytes of I64 [2]"},
           Case{one_tensor("F32", "4611686018427387904,4611686018427387904", "0,8"), "expected the bytes of F32"},
           Case{one_tensor("F32", "2", "0,8") + "," + one_tensor("F32", "2", "0,8"), "expected data_offsets from 8"},
           Case{one_tensor("F32", "1", "0,4") + "," + one_tensor("F32", "1", "4,8"), "a: expected once"},
           Case{R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)" + one_tensor("F32", "2", "0,8"),
                "b: expected data_offsets from 8"},
       }) {
    const Refusal refusal = refusal_of(write_safetensors("{" + wrong.tensors + "}", std::string(8, '\0')));
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << wrong.tensors;
    EXPECT_THAT(refusal.message, HasSubstr(std::string(wrong.expected))) << wrong.tensors;
  }
}

TEST(SafetensorsFile, TakesADtypeItDoesNotKnowAsItIs) {
  const std::string bytes =
      write_safetensors(R"({"a":{"dtype":"F4","shape":[16],"data_offsets":[0,8]}})", std::string(8, '\0'));
  const auto file = SafetensorsFile::parse(as_bytes(bytes), "m");
  EXPECT_TRUE(file.contains("a"));
  EXPECT_THROW(file.tensor("a"), Error);
}

TEST(SafetensorsFile, RefusesAHeaderLengthBeyondTheFileOrTheLimit) {
  EXPECT_THAT(refusal_of(std::string("\xff\xff\xff\xff\xff\xff\xff\xff{}", 10)).message,
              HasSubstr("header length: expected at most 2, got 18446744073709551615"));
  EXPECT_THAT(refusal_of("1234567").message, HasSubstr("expected a header length, got 7 bytes"));
  const Refusal large = refusal_of(write_safetensors(std::string(5 << 20, ' '), ""));
  EXPECT_EQ(large.code, ErrorCode::kUnsupported);
}

TEST(SafetensorsFile, ReadsTheWorstHeadersInLittleMemory) {
  constexpr std::size_t kSize = 4 << 20;
  std::string tensors = "{";
  while (tensors.size() < kSize - 128)
    tensors += "\"" + std::to_string(tensors.size()) + R"(":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},)";
  tensors += R"("z":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}})";
  std::string metadata = R"({"__metadata__":{)";
  while (metadata.size() < kSize - 128) metadata += R"("":"",)";
  metadata += R"("":""}})";
  for (const std::string& header : {tensors, metadata, std::string(kSize, '['), "\"" + std::string(kSize - 1, 'a'),
                                    R"({"a":{"dtype":"F32","shape":[)" + std::string(kSize - 100, '1')}) {
    const std::string bytes = write_safetensors(header, "");
    struct rusage before {};
    struct rusage after {};
    ::getrusage(RUSAGE_SELF, &before);
    refusal_of(bytes);
    ::getrusage(RUSAGE_SELF, &after);
    if (kIsInstrumented) continue;
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << header.substr(0, 40);
  }
}

}  // namespace
}  // namespace voxlate::model_file
