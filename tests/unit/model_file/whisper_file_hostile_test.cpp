// Files that mean harm, or were damaged: each must end in a clear error of the right kind, soon, and in little memory.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <limits>
#include <random>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "model_file/whisper_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "voxlate/error.h"

namespace voxlate::model_file {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kFileTypeOffset = 44;
constexpr std::size_t kFiltersOffset = 48;
constexpr std::size_t kVocabularyOffset = 56;
// Eight tokens with their lengths, 13 bytes of text in all.
constexpr std::size_t kTableOffset = 60 + 8 * 4 + 13;
constexpr std::size_t kFirstWeightOffset = kTableOffset + 20 + std::string_view("encoder.positional_embedding").size();

Refusal refusal_of(std::string_view bytes) {
  return refusal([&] { WhisperFile::parse(as_bytes(bytes), "m.bin"); });
}

Refusal refusal_of_file(const std::filesystem::path& path) {
  try {
    WhisperFile::open(path);
  } catch (const Error& error) {
    return {error.code(), error.what()};
  }
  return {};
}

const std::string& small_file() {
  static const std::string kBytes = write_ggml(make_whisper(small_dims()));
  return kBytes;
}

/// The small file with its tensors changed by `bend`.
template <typename Bend>
std::string bent_file(Bend bend) {
  WrittenWhisper written = make_whisper(small_dims());
  bend(written.tensors);
  return write_ggml(written);
}

TEST(HostileWhisperFile, IsRefusedWhereverItIsCut) {
  const std::string& whole = small_file();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const Refusal refusal = refusal_of(std::string_view(whole).substr(0, size));
    ASSERT_EQ(refusal.code, ErrorCode::kCorrupt) << size << ": " << refusal.message;
    ASSERT_THAT(refusal.message, AllOf(StartsWith("m.bin: "), HasSubstr(" at byte "))) << size;
  }
  ASSERT_EQ(refusal_of(whole).message, "accepted");
}

TEST(HostileWhisperFile, MissesOnlyItsLastByte) {
  const std::string& whole = small_file();
  EXPECT_THAT(refusal_of(std::string_view(whole).substr(0, whole.size() - 1)).message,
              HasSubstr("decoder.ln.bias: expected 32 bytes, got the end of the file after 31"));
}

TEST(HostileWhisperFile, GoesOnAfterItsEnd) {
  EXPECT_THAT(refusal_of(small_file() + "x").message,
              HasSubstr("expected the end of the file after the last tensor, got 1 more bytes"));
  EXPECT_THAT(refusal_of(small_file() + small_file()).message, HasSubstr("more bytes"));
}

struct Bent {
  std::string_view name;
  std::size_t offset;
  std::int64_t value;
  std::string_view expected;
};

TEST(HostileWhisperFile, BendsAFieldOfItsHeader) {
  for (const Bent& bent : {
           Bent{"n_vocab", 4, 0, "n_vocab: expected 1509 to 65535, got 0 at byte 4"},
           Bent{"n_vocab", 4, 1508, "n_vocab: expected 1509"},
           Bent{"n_vocab", 4, 50258, "decoder.token_embedding.weight: expected [50258, 8], got [1616, 8]"},
           Bent{"n_vocab", 4, 50363, "decoder.token_embedding.weight: expected [50363, 8], got [1616, 8]"},
           Bent{"n_vocab", 4, 1LL << 31, "n_vocab: expected 1509 to 65535, got -2147483648"},
           Bent{"n_audio_ctx", 8, 1501, "n_audio_ctx: expected 8 to 1500, got 1501 at byte 8"},
           Bent{"n_audio_state", 12, 16, "n_text_state: expected n_audio_state, 16, got 8"},
           Bent{"n_audio_state", 12, 12, "n_text_state: expected n_audio_state"},
           Bent{"n_audio_head", 16, 0, "n_audio_head: expected 1 to 64, got 0"},
           Bent{"n_audio_head", 16, 2, "expected heads of 8 to 128"},
           Bent{"n_audio_layer", 20, -1, "n_audio_layer: expected 1 to 64, got -1"},
           Bent{"n_audio_layer", 20, 65, "n_audio_layer: expected 1 to 64, got 65"},
           Bent{"n_audio_layer", 20, 2, "encoder.blocks.1.attn.query.weight: expected this tensor"},
           Bent{"n_text_ctx", 24, 449, "n_text_ctx: expected 8 to 448, got 449"},
           Bent{"n_text_head", 32, 3, "expected heads of 8 to 128"},
           Bent{"n_text_layer", 36, 1 << 30, "n_text_layer: expected 1 to 64"},
           Bent{"n_mels", 40, 100, "n_mels: expected 80 or 128, got 100"},
           Bent{"n_mels", 40, 128, "encoder.conv1.weight: expected [8, 128, 3], got [8, 80, 3] at byte "},
           Bent{"filters", kFiltersOffset, 80, "mel filters: expected [80, 201], got [80, 0]"},
           Bent{"filters", kFiltersOffset, -1, "mel filters: expected [80, 201], got [-1, 0]"},
           Bent{"vocabulary", kVocabularyOffset, 0, "size of the vocabulary: expected 1 to 1616, got 0"},
           Bent{"vocabulary", kVocabularyOffset, 109, "size of the vocabulary: expected at most 108 of 1616 tokens"},
           Bent{"vocabulary", kVocabularyOffset, 1LL << 31, "size of the vocabulary: expected 1 to 1616"},
           Bent{"token", kVocabularyOffset + 4, (1LL << 32) - 1, "length of a token: expected 0 to 1024, got -1"},
           Bent{"token", kVocabularyOffset + 4, 1 << 20, "length of a token: expected 0 to 1024"},
           Bent{"n_dims", kTableOffset, -1, "dimensions of a tensor: expected 0 to 4, got -1"},
           Bent{"n_dims", kTableOffset, 5, "dimensions of a tensor: expected 0 to 4, got 5"},
           Bent{"n_dims", kTableOffset, 1LL << 31, "dimensions of a tensor: expected 0 to 4"},
           Bent{"name", kTableOffset + 4, (1LL << 32) - 1, "name length of a tensor: expected 1 to 256, got -1"},
           Bent{"name", kTableOffset + 4, 0, "name length of a tensor: expected 1 to 256, got 0"},
           Bent{"name", kTableOffset + 4, 257, "name length of a tensor: expected 1 to 256, got 257"},
           Bent{"extent", kTableOffset + 12, -8, "extent of a tensor: expected 1 to 2147483647, got -8"},
           Bent{"extent", kTableOffset + 12, 0, "extent of a tensor: expected 1 to 2147483647, got 0"},
           Bent{"extent", kTableOffset + 12, 0x7fffffff,
                "encoder.positional_embedding: expected 68719476704 bytes, got the end of the file"},
       }) {
    const Refusal refusal = refusal_of(with_i32(small_file(), bent.offset, bent.value));
    EXPECT_EQ(refusal.code, ErrorCode::kCorrupt) << bent.name << " " << bent.value;
    EXPECT_THAT(refusal.message, HasSubstr(std::string(bent.expected))) << bent.name << " " << bent.value;
  }
}

TEST(HostileWhisperFile, HasTooFewIdsForTheSpecialTokens) {
  WhisperDims dims = small_dims();
  dims.n_vocab = 50300;
  WrittenWhisper written = make_whisper(dims);
  written.vocabulary.assign(50257, "x");
  EXPECT_THAT(refusal_of(write_ggml(written)).message, HasSubstr("expected at most 48792 of 50300 tokens"));
}

TEST(HostileWhisperFile, HasAProductOfExtentsThatOverflows) {
  std::string bytes = with_i32(small_file(), kTableOffset + 12, 0x7fffffff);
  bytes = with_i32(std::move(bytes), kTableOffset + 16, 0x7fffffff);
  EXPECT_THAT(refusal_of(bytes).message, HasSubstr("expected at most 2^40 weights"));
}

TEST(HostileWhisperFile, HasATypeThatIsNotRead) {
  for (const std::int64_t file_type : {4, 10, 14, 1014, 3001, 2, 7, 1007, -1, 0x7fffffff}) {
    const Refusal refusal = refusal_of(with_i32(small_file(), kFileTypeOffset, file_type));
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported) << file_type;
    EXPECT_THAT(refusal.message, AllOf(HasSubstr("ftype: expected 0 (f32)"), HasSubstr("at byte 44"))) << file_type;
  }
  for (const std::int64_t type : {4, 5, 9, 12, 31, -1, 0x7fffffff}) {
    const Refusal refusal = refusal_of(with_i32(small_file(), kTableOffset + 8, type));
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported) << type;
    EXPECT_THAT(refusal.message, HasSubstr("encoder.positional_embedding: tensor type")) << type;
  }
}

TEST(HostileWhisperFile, HasQuantisedRowsOfBrokenBlocks) {
  EXPECT_THAT(refusal_of(with_i32(small_file(), kTableOffset + 8, 8)).message,
              HasSubstr("quantised ones in rows of a multiple of 32, got q8_0 [8, 8]"));
}

TEST(HostileWhisperFile, HasATensorTwice) {
  const std::string bytes = bent_file([](auto& tensors) { tensors.insert(tensors.begin() + 3, tensors[1]); });
  const Refusal refusal = refusal_of(bytes);
  EXPECT_EQ(refusal.code, ErrorCode::kCorrupt);
  EXPECT_THAT(refusal.message, HasSubstr("encoder.conv1.weight: expected once, got a second time at byte "));
}

TEST(HostileWhisperFile, MissesATensor) {
  const std::size_t count = make_whisper(small_dims()).tensors.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::string name;
    const std::string bytes = bent_file([&](auto& tensors) {
      name = tensors[i].name;
      tensors.erase(tensors.begin() + static_cast<std::ptrdiff_t>(i));
    });
    EXPECT_THAT(refusal_of(bytes).message, HasSubstr(name + ": expected this tensor, got the end of the file"));
  }
}

TEST(HostileWhisperFile, HasATensorOfAnotherShape) {
  const std::string bytes = bent_file([](auto& tensors) { tensors.back().shape = {2, 4}; });
  EXPECT_THAT(refusal_of(bytes).message, HasSubstr("decoder.ln.bias: expected [8], got [2, 4] at byte "));
}

TEST(HostileWhisperFile, HasATensorOfAStrangeName) {
  const std::string bytes =
      bent_file([](auto& tensors) { tensors[2].name = "\x1b[31m\xff\n" + std::string(200, 'a'); });
  const std::string message = refusal_of(bytes).message;
  EXPECT_THAT(message, HasSubstr("?[31m??aaaa"));
  EXPECT_THAT(message, HasSubstr("...: not a tensor of such a model at byte "));
  EXPECT_LT(message.size(), 200U);
}

TEST(HostileWhisperFile, HasFiltersThatAreNotNumbers) {
  WrittenWhisper written = make_whisper(small_dims());
  written.filters.assign(80 * 201, std::numeric_limits<float>::quiet_NaN());
  EXPECT_THAT(refusal_of(write_ggml(written)).message, HasSubstr("mel filters: expected finite weights"));
}

TEST(HostileWhisperFile, IsOfAnotherFormat) {
  for (const auto& [begin, name] : std::initializer_list<std::pair<std::string, std::string>>{
           {"GGUF\3", "a GGUF file"},
           {"tjgg\1", "a ggjt file"},
           {std::string("PK\3\4\0", 5), "a zip file, such as PyTorch writes"},
           {std::string("\x80\2}q\0", 5), "a Python pickle"},
           {std::string("\6\0\0\0\x0c\0WhisperSpec\0", 18), "a CTranslate2 model"},
           {"lmgg" + std::string("\x0a\0\0\0silero-16k", 14), "a Silero voice detector"}}) {
    const Refusal refusal = refusal_of(begin + std::string(64, '\0'));
    EXPECT_EQ(refusal.code, ErrorCode::kUnsupported) << name;
    EXPECT_THAT(refusal.message, HasSubstr(name));
  }
  EXPECT_THAT(refusal_of("").message, HasSubstr("got an empty file"));
  EXPECT_THAT(refusal_of("hello world").message, HasSubstr("got bytes 68 65 6c 6c 6f 20 77 6f at byte 0"));
}

TEST(HostileWhisperFile, IsMutatedAtRandom) {
  const std::string& whole = small_file();
  std::mt19937 random(42);
  int accepted = 0;
  for (int round = 0; round < 10'000; ++round) {
    std::string bytes = whole;
    // Half of them in front of the first weight, half anywhere.
    const std::size_t reach = round % 2 == 0 ? kFirstWeightOffset : whole.size();
    const int changes = 1 + static_cast<int>(random() % 3);
    for (int change = 0; change < changes; ++change) {
      const std::size_t offset = random() % (reach - 4);
      if (random() % 2 == 0)
        bytes = with_i32(std::move(bytes), offset, static_cast<std::int32_t>(random()));
      else
        bytes[offset] = static_cast<char>(random());
    }
    const Refusal refusal = refusal_of(bytes);
    if (refusal.message == "accepted")
      ++accepted;  // only a weight or a token changed
    else
      ASSERT_TRUE(refusal.code == ErrorCode::kCorrupt || refusal.code == ErrorCode::kUnsupported) << refusal.message;
  }
  EXPECT_LT(accepted, 6000);
}

TEST(HostileWhisperFile, IsAFolderOrAFifoOrNotThere) {
  const TemporaryFolder folder;
  EXPECT_EQ(refusal_of_file(folder.path()).code, ErrorCode::kInvalidInput);
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(refusal_of_file(fifo).code, ErrorCode::kInvalidInput);
  EXPECT_EQ(refusal_of_file("/dev/zero").code, ErrorCode::kInvalidInput);
  EXPECT_EQ(refusal_of_file(folder / "none").code, ErrorCode::kNotFound);
  write_file_atomically(folder / "empty", "");
  EXPECT_EQ(refusal_of_file(folder / "empty").code, ErrorCode::kCorrupt);
}

TEST(HostileWhisperFile, IsSparseAndOf100GigabytesAndCostsNothing) {
  const TemporaryFolder folder;
  for (const std::string_view begin : {std::string_view(), std::string_view(small_file())}) {
    const auto path = folder / "sparse";
    std::ofstream(path, std::ios::binary) << begin;
    std::error_code error;
    std::filesystem::resize_file(path, 100'000'000'000, error);
    if (error) GTEST_SKIP() << "the file system of temporary files has no sparse files of that size";

    struct rusage before {};
    struct rusage after {};
    ::getrusage(RUSAGE_SELF, &before);
    const auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(refusal_of_file(path).code, ErrorCode::kCorrupt);
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
    ::getrusage(RUSAGE_SELF, &after);
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024) << "kilobytes";
  }
}

TEST(HostileWhisperFile, IsReplacedWhileItIsOpen) {
  const TemporaryFolder folder;
  write_file_atomically(folder / "m.bin", small_file());
  const auto file = WhisperFile::open(folder / "m.bin");
  write_file_atomically(folder / "m.bin", "something else");
  std::vector<float> weights(8);
  to_f32(file->tensor("decoder.ln.bias"), weights);
  const auto same = WhisperFile::parse(as_bytes(small_file()), "m.bin");
  std::vector<float> expected(8);
  to_f32(same->tensor("decoder.ln.bias"), expected);
  EXPECT_EQ(weights, expected);
}

}  // namespace
}  // namespace voxlate::model_file
