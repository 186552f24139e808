#include <gmock/gmock.h>

#include "subtitles/srt_writer.h"
#include "subtitles/tsv_writer.h"
#include "subtitles/txt_writer.h"
#include "subtitles/vtt_writer.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::Not;

Cue cue(int begin_ms, int end_ms, std::vector<std::string> lines) {
  return {milliseconds(begin_ms), milliseconds(end_ms), std::move(lines)};
}

Segment segment(int begin_ms, int end_ms, std::string text) {
  return {milliseconds(begin_ms), milliseconds(end_ms), std::move(text), {}, 0};
}

TEST(SrtWriter, WritesNumberTimesAndLines) {
  const std::vector<Cue> cues{cue(1, 3723004, {"one", "two"}), cue(360000000, 360001000, {"three"})};
  EXPECT_EQ(write_srt(cues),
            "1\n00:00:00,001 --> 01:02:03,004\none\ntwo\n\n"
            "2\n100:00:00,000 --> 100:00:01,000\nthree\n\n");
  EXPECT_EQ(write_srt({}), "");
}

TEST(SrtWriter, TextCannotEndOrFakeACue) {
  const std::vector<Cue> cues{
      cue(0, 1000, {"a\n\n2\n00:00:00,000 --> 00:00:09,000", "", "  ", "b\x01\r\nc\xff\x7f"}),
      cue(2000, 3000, {" \t", "\xE2\x80\xA8"}),
      cue(4000, 5000, {"--->"}),
  };
  EXPECT_EQ(write_srt(cues),
            "1\n00:00:00,000 --> 00:00:01,000\na\n2\n00:00:00,000 \u2192 00:00:09,000\nb\nc\uFFFD\n\n"
            "2\n00:00:04,000 --> 00:00:05,000\n-\u2192\n\n");
}

TEST(SrtWriter, ArrowMadeByReplacingArrowsIsReplacedToo) {
  EXPECT_THAT(write_srt(std::vector<Cue>{cue(0, 1000, {"----->>> -->-->"})}), Not(HasSubstr(">\n-->")));
  const std::string file = write_srt(std::vector<Cue>{cue(0, 1000, {"----->>> -->-->"})});
  EXPECT_EQ(file.find("-->", file.find('\n', 3)), std::string::npos) << file;
}

TEST(VttWriter, EscapesMarkup) {
  const std::string file = write_vtt(std::vector<Cue>{cue(0, 1000, {"<b>R&D</b> --> 1"})}, "pt-BR");
  EXPECT_EQ(file,
            "WEBVTT\n\nNOTE language: pt-BR\n\n00:00:00.000 --> 00:00:01.000\n"
            "&lt;b&gt;R&amp;D&lt;/b&gt; --&gt; 1\n\n");
}

TEST(VttWriter, LanguageThatIsNoTagIsLeftOut) {
  EXPECT_EQ(write_vtt({}, "en\n\nNOTE"), "WEBVTT\n\n");
  EXPECT_EQ(write_vtt({}, "a-->b"), "WEBVTT\n\n");
  EXPECT_EQ(write_vtt({}), "WEBVTT\n\n");
}

TEST(TxtWriter, ParagraphEndsAtALongPause) {
  const Transcript transcript{.language = "en",
                              .engine = "",
                              .duration = milliseconds(20000),
                              .segments = {segment(0, 1000, "One."), segment(2999, 4000, " Two.\n"),
                                           segment(5000, 5500, ""), segment(6000, 7000, "Three.")},
                              .notes = {}};
  EXPECT_EQ(write_txt(transcript), "One. Two.\n\nThree.\n");
  EXPECT_EQ(write_txt({}), "");
}

TEST(TxtWriter, NoSpaceAfterFullWidthMarks) {
  const Transcript transcript{
      .language = "zh",
      .engine = "",
      .duration = milliseconds(20000),
      .segments = {segment(0, 1000, "你好。"), segment(1100, 2000, "再见！"), segment(2100, 2500, "好")},
      .notes = {}};
  EXPECT_EQ(write_txt(transcript), "你好。再见！好\n");
}

TEST(TsvWriter, KeepsRowsAndColumns) {
  const Transcript transcript{
      .language = "en",
      .engine = "",
      .duration = milliseconds(20000),
      .segments = {segment(0, 1000, "a\tb\nc"), segment(1000, 1100, " "), segment(2000, 2001, "d")},
      .notes = {}};
  EXPECT_EQ(write_tsv(transcript), "start\tend\ttext\n0\t1000\ta b c\n2000\t2001\td\n");
}

}  // namespace
}  // namespace voxlate::subtitles
