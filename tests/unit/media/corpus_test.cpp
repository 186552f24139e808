// Every file of the shared media collection decodes, or ends in an Error of the expected kind, in bounded time.
// What decodes agrees with what other programs measured (MANIFEST.tsv), but for the exceptions listed here.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <regex>
#include <set>

#include "media/audio_reader.h"
#include "media/language_tag.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

constexpr double kMaxSecondsPerFile = 60;

std::filesystem::path data_folder() { return std::filesystem::path(VOXLATE_SOURCE_DIR) / ".." / "shared" / "data"; }

enum class Outcome {
  kDecodes,
  kUnsupported,
  kCorrupt,
  kEither,  ///< damaged so that versions of FFmpeg may differ: decodes in part, or an Error
};

struct Exception {
  std::string_view file;
  Outcome outcome;
  std::string_view reason;
};

constexpr std::string_view kNoAudio = "holds no audio track";
constexpr std::string_view kNoSound = "names an audio track whose data were cut off";
constexpr std::string_view kTagsOnly = "holds tags only: no frame, or not one whole frame, of audio";
constexpr std::string_view kPage = "a piece of an Ogg page without its checksum: input for a parser's unit test";
constexpr std::string_view kCut = "a header only, cut off before the audio";
constexpr std::string_view kNoData = "its rewritten header is longer than it says, so no data object follows it";
constexpr std::string_view kPicture = "a picture";

constexpr std::array kExceptions = {
    Exception{"azure/missing_wav_header.wav", Outcome::kUnsupported, "samples without any header"},
    Exception{"exo/flv__sample-with-key-frame-index.flv", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/mkv__full_blocks.mkv", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/mkv__subsample_encrypted_noaltref.webm", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/mp3__1024_incrementing_bytes.mp3", Outcome::kUnsupported, "not media"},
    Exception{"exo/mp4__sample_18byte_nclx_colr.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/mp4__sample_ac4.mp4", Outcome::kUnsupported, "FFmpeg has no AC-4 decoder"},
    Exception{"exo/mp4__sample_ac4_protected.mp4", Outcome::kUnsupported, "FFmpeg has no AC-4 decoder"},
    Exception{"exo/mp4__sample_fragmented_sideloaded_track.mp4", Outcome::kEither, "fragments without their header"},
    Exception{"exo/mp4__sample_mpegh_mhm1.mp4", Outcome::kUnsupported, "FFmpeg has no MPEG-H decoder"},
    Exception{"exo/mp4__sample_sef_super_slow_motion.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/mp4__testvid_1022ms_014.png", Outcome::kUnsupported, kPicture},
    Exception{"exo/mp4__testvid_1022ms_016.png", Outcome::kUnsupported, kPicture},
    Exception{"exo/mp4__testvid_1022ms_029.png", Outcome::kUnsupported, kPicture},
    Exception{"exo/ogg__continued_packet_at_start", Outcome::kEither, kPage},
    Exception{"exo/ogg__continued_packet_over_two_pages", Outcome::kEither, kPage},
    Exception{"exo/ogg__eof_header", Outcome::kEither, kPage},
    Exception{"exo/ogg__four_packets_with_empty_page", Outcome::kEither, kPage},
    Exception{"exo/ogg__invalid_ogg_header", Outcome::kEither, kPage},
    Exception{"exo/ogg__opus_header", Outcome::kEither, kPage},
    Exception{"exo/ogg__page_header", Outcome::kEither, kPage},
    Exception{"exo/ogg__vorbis_header", Outcome::kEither, kPage},
    Exception{"exo/ogg__zero_sized_packets_at_end_of_stream", Outcome::kEither, kPage},
    Exception{"exo/ts__sample.ac4", Outcome::kUnsupported, "FFmpeg has no AC-4 decoder"},
    Exception{"exo/ts__sample_ac4.ts", Outcome::kUnsupported, "FFmpeg has no AC-4 decoder"},
    Exception{"exo/ts__sample_h263.ts", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/ts__sample_h265.ts", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/ts__sample_h265_rps_pred.ts", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/ts__sample_with_junk", Outcome::kEither, "FFmpeg takes it for a program stream: 4 frames amid junk"},
    Exception{"exo/vp9__bear-vp9-odd-dimensions.webm", Outcome::kUnsupported, kNoAudio},
    Exception{"exo/vp9__invalid-bitstream.webm", Outcome::kUnsupported, kNoAudio},
    Exception{"flac_ietf/faulty__01_-_wrong_max_blocksize.flac", Outcome::kEither, "FFmpeg trusts the wrong size"},
    Exception{"flac_ietf/faulty__03_-_wrong_bit_depth.flac", Outcome::kEither, "FFmpeg trusts the wrong depth"},
    Exception{"flac_ietf/faulty__06_-_missing_streaminfo_metadata_block.flac", Outcome::kEither, "no STREAMINFO"},
    Exception{"flac_ietf/faulty__08_-_blocksize_65536.flac", Outcome::kEither, "block size not representable"},
    Exception{"flac_ietf/faulty__11_-_incorrect_metadata_block_length.flac", Outcome::kEither, "no frame is found"},
    Exception{"flac_ietf/uncommon__04_-_changing_bitdepth.flac", Outcome::kEither,
              "FFmpeg's decoder cannot change the depth on the way"},
    Exception{"mediafile/empty.dsf", Outcome::kCorrupt, "holds 4096 bytes, less than one DSD block that FFmpeg reads"},
    Exception{"mediafile/pure.wma", Outcome::kCorrupt, kNoData},
    Exception{"mediafile/unparseable.dsf", Outcome::kCorrupt, "as empty.dsf"},
    Exception{"mediafile/unparseable.wma", Outcome::kCorrupt, kNoData},
    Exception{"mp4parse/av1-clearkey-cbcs-video.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/bbb_sunflower_QCIF_30fps_h263_noaudio_1f.3gp", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/bipbop-cenc-audioinit.mp4", Outcome::kCorrupt, kNoSound},
    Exception{"mp4parse/bipbop_480wp_1001kbps-cenc-video-key1-init.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/bipbop_cbcs_video_init.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/bipbop_nonfragment_header.mp4", Outcome::kCorrupt, kNoSound},
    Exception{"mp4parse/clusterfuzz-testcase-minimized-avif-4914209301856256.avif", Outcome::kEither, kPicture},
    Exception{"mp4parse/h264_white_frame_sar_16_9.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/invalid_userdata.mp4", Outcome::kCorrupt, kNoSound},
    Exception{"mp4parse/no_timescale.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/opus_audioinit_two_desc.mp4", Outcome::kEither,
              "two sample descriptions; FFmpeg decodes by the first, half of the packets fail"},
    Exception{"mp4parse/short-cenc.mp4", Outcome::kUnsupported, "encrypted"},
    Exception{"mp4parse/test_case_1185230.mp4", Outcome::kEither, "damaged on purpose"},
    Exception{"mp4parse/video_colr_nclx_and_icc.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/video_colr_nclx_hdr10.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/video_colr_nclx_hlg.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/video_colr_nclx_hlg_full_range.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/video_colr_nclx_two_colr.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/white.mp4", Outcome::kUnsupported, kNoAudio},
    Exception{"mp4parse/zero_empty_stsc.mp4", Outcome::kCorrupt, kNoSound},
    Exception{"pocketsphinx/awful.wav", Outcome::kUnsupported, "1092676 samples per second"},
    Exception{"pocketsphinx/evil.wav", Outcome::kCorrupt, "no data part"},
    Exception{"tinytag/106-invalid-streaminfo.flac", Outcome::kEither, "STREAMINFO of no sense"},
    Exception{"tinytag/UTF16.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/alac_file.m4a", Outcome::kCorrupt, kNoSound},
    Exception{"tinytag/cover_img.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/detect_flac.x", Outcome::kCorrupt, kCut},
    Exception{"tinytag/detect_mp4_m4a.x", Outcome::kCorrupt, kCut},
    Exception{"tinytag/detect_wav.x", Outcome::kCorrupt, kCut},
    Exception{"tinytag/detect_wma.x", Outcome::kCorrupt, kCut},
    Exception{"tinytag/empty_file.mp3", Outcome::kUnsupported, "0 bytes"},
    Exception{"tinytag/flac_with_image.flac", Outcome::kCorrupt, kCut},
    Exception{"tinytag/id3_comment_utf_16_with_bom.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/id3_genre_id_out_of_bounds.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/id3image_without_description.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/id3v1-latin1.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/id3v22_image.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/id3v24-long-title.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"tinytag/ilbm.aiff", Outcome::kUnsupported, kPicture},
    Exception{"tinytag/incomplete.mp3", Outcome::kUnsupported, "3 bytes"},
    Exception{"tinytag/invalid_sample_rate.aiff", Outcome::kEither, "a sample rate beyond all numbers"},
    Exception{"tinytag/test.m4a", Outcome::kCorrupt, kNoSound},
    Exception{"tinytag/test2.m4a", Outcome::kCorrupt, kNoSound},
    Exception{"tinytag/there_is_no_such_ext.bogus", Outcome::kUnsupported, "not media"},
    Exception{"tinytag/utf-8-id3v2.mp3", Outcome::kUnsupported, kTagsOnly},
    Exception{"torchcodec/av1_video.mkv", Outcome::kUnsupported, kNoAudio},
    Exception{"torchcodec/h264_10bits.mp4", Outcome::kUnsupported, kNoAudio},
};

/// Files that decode, but not to the length that the manifest has.
const std::map<std::string_view, std::string_view> kOtherLength = {
    {"flac_ietf/faulty__05_-_wrong_total_number_of_samples.flac", "the header's count is the fault: there is more"},
    {"tinytag/variable-block.flac", "cut off after 0.9 s of 262 s"},
    {"tinytag/detect_ogg_opus.x", "cut off inside its second page: the last whole page ends at 1 s"},
    {"tinytag/test3.m4a", "the header's length leaves out the last frame of 128 ms"},
    {"exo/mp4__sample_partially_fragmented.mp4", "the header's length is that of the part before the fragments"},
    {"exo/mp4__sample_fragmented.mp4", "the header's length is 2^32 - 1, which means unknown"},
};

/// What the manifest says about the sound of a file.
struct Measured {
  std::optional<double> seconds;
  std::optional<int> channels;
  std::optional<int> sample_rate_hz;
  std::optional<std::string> language;
};

/// "MEASURED: ch=1 sr=8000 samples=34880 dur=4.360 AMR-NB" by an independent decoder, or
/// "[soun mp4a ch=2 sr=44100 lang=eng dur=5.039]" by reading boxes, where ch and sr are those of the container
/// and often wrong.
Measured parse_measured(const std::string& text) {
  static const std::regex kDecoded(R"(MEASURED: ch=(\d+) sr=(\d+) samples=\d+ dur=([\d.]+))");
  static const std::regex kBoxes(R"(\[soun \S+ ch=\d+ sr=\d+ lang=(\S+) dur=([\d.]+)\])");
  Measured measured;
  std::smatch match;
  if (std::regex_search(text, match, kDecoded)) {
    measured.channels = std::stoi(match[1]);
    measured.sample_rate_hz = std::stoi(match[2]);
    measured.seconds = std::stod(match[3]);
  } else if (std::regex_search(text, match, kBoxes)) {
    // Code 0, which the manifest shows as "```", is QuickTime's number for English.
    measured.language = match[1] == "```" ? "en" : language_tag(match[1].str());
    if (std::stod(match[2]) > 0) measured.seconds = std::stod(match[2]);
  }
  return measured;
}

std::map<std::string, std::string> read_manifest() {
  std::map<std::string, std::string> expected;
  std::ifstream manifest(data_folder() / "MANIFEST.tsv");
  for (std::string line; std::getline(manifest, line);) {
    if (line.starts_with("media/")) expected[line.substr(6, line.find('\t') - 6)] = line.substr(line.rfind('\t') + 1);
  }
  return expected;
}

void check_measured(const std::string& file, const Measured& measured, const AudioReader& reader, double seconds) {
  const AudioTrack& track = reader.track();
  EXPECT_EQ(track.channels, measured.channels.value_or(track.channels));
  EXPECT_EQ(track.sample_rate_hz, measured.sample_rate_hz.value_or(track.sample_rate_hz));
  EXPECT_EQ(track.language, measured.language.value_or(track.language));
  if (!kOtherLength.contains(file)) {
    EXPECT_NEAR(seconds, measured.seconds.value_or(seconds), 0.06);
  }
}

/// Decodes a whole file; the code of the Error it ended in, if any.
std::optional<ErrorCode> decode(const std::string& file, const std::string& expected, bool compare) {
  try {
    AudioReader reader(data_folder() / "media" / file, std::nullopt, {}, {});
    const std::vector<float> samples = read_all(reader);
    EXPECT_TRUE(std::ranges::all_of(samples, [](float sample) { return sample >= -1 && sample <= 1; }));
    EXPECT_FALSE(samples.empty());
    if (compare) {
      check_measured(file, parse_measured(expected), reader, static_cast<double>(samples.size()) / kSampleRate);
    }
    return std::nullopt;
  } catch (const Error& error) {
    EXPECT_STRNE(error.what(), "");
    return error.code();
  }
}

void check_file(const std::string& file, const std::string& expected) {
  const auto* const exception =
      std::ranges::find_if(kExceptions, [&](const Exception& entry) { return entry.file == file; });
  const bool is_listed = exception != kExceptions.end();
  const Outcome outcome = is_listed ? exception->outcome : Outcome::kDecodes;
  const auto begin = std::chrono::steady_clock::now();
  const std::optional<ErrorCode> code = decode(file, expected, /*compare=*/outcome == Outcome::kDecodes);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(taken.count(), kMaxSecondsPerFile);
  switch (outcome) {
    case Outcome::kDecodes: EXPECT_EQ(code, std::nullopt) << to_string(code.value_or(ErrorCode::kInternal)); break;
    case Outcome::kUnsupported: EXPECT_EQ(code, ErrorCode::kUnsupported) << exception->reason; break;
    case Outcome::kCorrupt: EXPECT_EQ(code, ErrorCode::kCorrupt) << exception->reason; break;
    case Outcome::kEither:
      EXPECT_TRUE(!code || code == ErrorCode::kUnsupported || code == ErrorCode::kCorrupt) << exception->reason;
      break;
  }
}

class Corpus : public ::testing::TestWithParam<std::string_view> {};

TEST_P(Corpus, EveryFileDecodesOrEndsInAClearError) {
  const std::filesystem::path folder = data_folder() / "media" / GetParam();
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "../shared/data is not beside this repository";
  const std::map<std::string, std::string> manifest = read_manifest();
  std::set<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.insert(std::string(GetParam()) + "/" + entry.path().filename().string());
  }
  ASSERT_FALSE(files.empty());
  for (const std::string& file : files) {
    SCOPED_TRACE(file);
    const auto expected = manifest.find(file);
    check_file(file, expected == manifest.end() ? std::string() : expected->second);
  }
}

INSTANTIATE_TEST_SUITE_P(All, Corpus,
                         ::testing::Values("azure", "exo", "flac_ietf", "jfk_codecs", "lhotse", "mediafile", "mp4parse",
                                           "pocketsphinx", "pydub", "tinytag", "torchcodec", "uberi", "whisperkit"),
                         [](const auto& entry) { return std::string(entry.param); });

TEST(CorpusFolders, AreAllRead) {
  if (!std::filesystem::is_directory(data_folder() / "media")) {
    GTEST_SKIP() << "../shared/data is not beside this repository";
  }
  const auto folders = std::distance(std::filesystem::directory_iterator(data_folder() / "media"), {});
  EXPECT_EQ(folders, 13);
}

/// "one two three" in eight forms of PCM: the sound must be the same.
TEST(CorpusVariants, AllFormsOfOneRecordingAgree) {
  const std::filesystem::path folder = data_folder() / "media" / "uberi";
  if (!std::filesystem::is_directory(folder)) GTEST_SKIP() << "../shared/data is not beside this repository";
  AudioReader first(folder / "audio-mono-16-bit-44100Hz.wav", std::nullopt, {}, {});
  const std::vector<float> expected = read_all(first);
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    AudioReader reader(entry.path(), std::nullopt, {}, {});
    const std::vector<float> samples = read_all(reader);
    ASSERT_EQ(samples.size(), expected.size()) << entry.path().filename();
    float largest = 0;
    for (std::size_t index = 0; index < samples.size(); ++index) {
      largest = std::max(largest, std::abs(samples[index] - expected[index]));
    }
    EXPECT_LT(largest, 1e-3F) << entry.path().filename();
  }
}

}  // namespace
}  // namespace voxlate::media
