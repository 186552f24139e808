#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>

#include "base/file.h"
#include "base/temporary_folder.h"
#include "media/audio_reader.h"
#include "media/probe.h"
#include "tests/unit/media/generated_media.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

/// Tells whether a file was opened since this was made.
class OpenWatch {
 public:
  explicit OpenWatch(const std::filesystem::path& file) : fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
    if (::inotify_add_watch(fd_.get(), file.c_str(), IN_OPEN) < 0) throw_errno("cannot watch the file");
  }
  bool was_opened() const {
    std::array<char, 4096> events{};
    return ::read(fd_.get(), events.data(), events.size()) > 0;
  }

 private:
  UniqueFd fd_;
};

/// Every file that names another one, with the other's path in place of '@'.
struct NamingFile {
  std::string_view name;
  std::string_view content;
};

constexpr std::array kNamingFiles = {
    NamingFile{"hls.mp4",
               "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:5\n#EXT-X-MEDIA-SEQUENCE:0\n"
               "#EXTINF:5.0,\n@\n#EXT-X-ENDLIST\n"},
    NamingFile{"hls", "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1000\n@\n"},
    NamingFile{"concat.mp4", "ffconcat version 1.0\nfile '@'\n"},
    NamingFile{"dash.mp4",
               "<?xml version=\"1.0\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" type=\"static\" "
               "profiles=\"urn:mpeg:dash:profile:isoff-main:2011\"><Period><AdaptationSet mimeType=\"audio/wav\">"
               "<Representation id=\"1\"><BaseURL>@</BaseURL></Representation></AdaptationSet></Period></MPD>\n"},
    NamingFile{"sdp.mp4", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 5004 RTP/AVP 0\n"},
};

class HostileFile : public ::testing::TestWithParam<NamingFile> {};

TEST_P(HostileFile, IsRefusedAndReachesNoOtherFile) {
  const TemporaryFolder folder;
  const auto canary = write_file(folder / "canary.wav", wav({.seconds = 6}, {Tone{}}));
  for (const std::string& reference : {std::string("canary.wav"), canary.string(), "file:" + canary.string()}) {
    std::string content(GetParam().content);
    if (const std::size_t at = content.find('@'); at != std::string::npos) content.replace(at, 1, reference);
    const auto file = write_file(folder / GetParam().name, content);
    const OpenWatch watch(canary);
    try {
      const AudioReader reader(file, std::nullopt, {}, {});
      ADD_FAILURE() << "nothing was thrown";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kUnsupported) << error.what();
      EXPECT_THAT(error.what(), ::testing::StartsWith("Expected a video or audio file"));
    }
    EXPECT_FALSE(watch.was_opened()) << reference;
  }
}

INSTANTIATE_TEST_SUITE_P(All, HostileFile, ::testing::ValuesIn(kNamingFiles), [](const auto& entry) {
  const std::string name(entry.param.name);
  return name.substr(0, name.find('.')) + std::to_string(entry.index);
});

TEST(HostileFileWatch, SeesAnOpen) {
  const TemporaryFolder folder;
  const auto canary = write_file(folder / "canary.wav", wav({}, {Tone{}}));
  const OpenWatch watch(canary);
  EXPECT_FALSE(watch.was_opened());
  probe(canary, {}, {});
  EXPECT_TRUE(watch.was_opened());
}

constexpr std::string_view kBrand("isom\0\0\2\0isomiso2mp41", 20);

std::string box(std::string_view type, std::string_view content) {
  const auto size = static_cast<std::uint32_t>(content.size() + 8);
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>((size >> shift) & 0xffu);
  bytes += type;
  return bytes.append(content);
}

/// Sizes and counts that promise far more than the file holds.
TEST(HostileFileSizes, GiantClaimsEndInAnError) {
  const TemporaryFolder folder;
  const std::string brand = box("ftyp", kBrand);
  const std::string huge_table = std::string("\0\0\0\0\x0f\xff\xff\xff", 8);
  const std::string tables = box("stts", huge_table) + box("stsz", std::string(4, '\0') + huge_table) +
                             box("stsc", huge_table) + box("stco", huge_table);
  std::string movie = box("stbl", tables);
  for (const std::string_view type : {"minf", "mdia", "trak", "moov"}) movie = box(type, movie);
  const auto file = write_file(folder / "source", brand + movie);
  EXPECT_THROW(AudioReader(file, std::nullopt, {}, {}), Error);
}

TEST(HostileFileSizes, DeepNestingEndsInAnError) {
  const TemporaryFolder folder;
  std::string movie = box("trak", "");
  for (int depth = 0; depth < 2000; ++depth) movie = box("moov", movie);
  const auto file = write_file(folder / "source", box("ftyp", kBrand) + movie);
  EXPECT_THROW(AudioReader(file, std::nullopt, {}, {}), Error);
}

}  // namespace
}  // namespace voxlate::media
