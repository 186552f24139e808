// A Whisper model as whisper.cpp keeps it, all integers i32, all little-endian:
//
//   file       := "lmgg" n_vocab n_audio_ctx n_audio_state n_audio_head n_audio_layer n_text_ctx n_text_state
//                 n_text_head n_text_layer n_mels ftype filters vocabulary table
//   ftype      := 1000 * version of the block formats + 0 (f32), 1 (f16), 2 (q4_0), 3 (q4_1), 7 (q8_0), 8 (q5_0), 9
//   (q5_1) filters    := n_mels n_bins f32{n_mels * n_bins} vocabulary := count { length byte{length} }{count} table :=
//   see ggml_tensors.cpp

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "model_file/byte_reader.h"
#include "model_file/format_error.h"
#include "model_file/ggml_tensors.h"
#include "model_file/model_format.h"
#include "model_file/whisper_parts.h"

namespace voxlate::model_file {
namespace {

constexpr int kMelBins = 201;
constexpr int kMaxTokenBytes = 1024;
constexpr std::string_view kSileroType = "silero";

/// A Silero file begins with the same magic, then with the length of its type's name and that name.
void refuse_silero(std::span<const std::byte> bytes, std::string_view file_name) {
  constexpr std::size_t kTypeOffset = 8;
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.size() > kTypeOffset && text.substr(kTypeOffset).starts_with(kSileroType))
    refuse(ErrorCode::kUnsupported, file_name, kTypeOffset, "expected a Whisper model, got a Silero voice detector");
}

/// The element types themselves are read from the tensors; this refuses files whose blocks have another layout.
void check_file_type(ByteReader& reader) {
  constexpr int kVersionFactor = 1000;
  constexpr int kBlockVersion = 2;
  const std::uint64_t begin = reader.offset();
  const std::int32_t file_type = reader.i32("ftype");
  const std::int32_t type = file_type % kVersionFactor;
  const std::int32_t version = file_type / kVersionFactor;
  const bool is_plain = type == 0 || type == 1;
  const bool is_quantised = type == 2 || type == 3 || (type >= 7 && type <= 9);
  if ((!is_plain && !is_quantised) || version < 0 || version > kBlockVersion ||
      (is_quantised && version != kBlockVersion)) {
    refuse(ErrorCode::kUnsupported, reader.file_name(), begin,
           fmt::format("ftype: expected 0 (f32), 1 (f16), 2002 (q4_0), 2003 (q4_1), 2007 (q8_0), 2008 (q5_0) or 2009 "
                       "(q5_1), got {}",
                       file_type));
  }
}

std::vector<float> read_filters(ByteReader& reader, int n_mels) {
  const std::uint64_t begin = reader.offset();
  const std::int32_t bands = reader.i32("n_mels of the filters");
  const std::int32_t bins = reader.i32("n_bins of the filters");
  if (bands == 0 && bins == 0) return {};
  if (bands != n_mels || bins != kMelBins) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("mel filters: expected [{}, {}], got [{}, {}]", n_mels, kMelBins, bands, bins));
  }
  const auto bytes = reader.take(std::uint64_t{sizeof(float)} * static_cast<unsigned>(bands * bins), "mel filters");
  std::vector<float> filters(bytes.size() / sizeof(float));
  std::memcpy(filters.data(), bytes.data(), bytes.size());
  if (!std::all_of(filters.begin(), filters.end(), [](float weight) { return std::isfinite(weight); }))
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin, "mel filters: expected finite weights, got others");
  return filters;
}

std::vector<std::string> read_vocabulary(ByteReader& reader, int n_vocab) {
  const std::uint64_t begin = reader.offset();
  const std::int32_t count = reader.i32_within("size of the vocabulary", 1, n_vocab);
  if (count != n_vocab && count + kMinSpecialTokens > n_vocab) {
    refuse(ErrorCode::kCorrupt, reader.file_name(), begin,
           fmt::format("size of the vocabulary: expected at most {} of {} tokens, the rest being special ones, got {}",
                       n_vocab - kMinSpecialTokens, n_vocab, count));
  }
  std::vector<std::string> vocabulary;
  for (std::int32_t i = 0; i < count; ++i) {
    const std::int32_t length = reader.i32_within("length of a token", 0, kMaxTokenBytes);
    vocabulary.emplace_back(reader.text(static_cast<std::uint64_t>(length), "token"));
  }
  return vocabulary;
}

}  // namespace

WhisperParts read_whisper_ggml(std::span<const std::byte> bytes, std::string_view file_name) {
  refuse_silero(bytes, file_name);
  ByteReader reader(bytes, file_name);
  reader.take(kGgmlMagic.size(), "magic");
  WhisperParts parts;
  for (const WhisperDimBounds& bounds : whisper_dim_bounds())
    parts.dims.*bounds.member = reader.i32_within(bounds.name, bounds.low, bounds.high);
  check_whisper_dims(parts.dims, file_name);
  check_file_type(reader);
  parts.mel_filters = read_filters(reader, parts.dims.n_mels);
  parts.vocabulary = read_vocabulary(reader, parts.dims.n_vocab);
  parts.tensors = read_ggml_tensors(reader, whisper_tensors(parts.dims));
  return parts;
}

}  // namespace voxlate::model_file
