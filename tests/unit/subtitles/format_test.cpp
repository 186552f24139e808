#include "subtitles/format.h"

#include <gmock/gmock.h>

#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

TEST(Format, NamesParseToFormatsWithTheirExtension) {
  ASSERT_EQ(format_names().size(), 5U);
  for (const std::string& name : format_names()) EXPECT_EQ(extension(parse_format(name)), name);
}

TEST(Format, UnknownNameListsKnownOnes) {
  try {
    parse_format("doc");
    FAIL() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    EXPECT_THAT(error.what(), HasSubstr("srt, vtt, txt, tsv, json"));
  }
}

TEST(Format, ContentTypesAreWhatBrowsersTakeAsText) {
  EXPECT_EQ(content_type(Format::kSrt), "text/plain; charset=utf-8");
  EXPECT_EQ(content_type(Format::kVtt), "text/vtt; charset=utf-8");
}

TEST(Format, RendersEachForm) {
  const Transcript transcript{.language = "en",
                              .engine = "test",
                              .duration = milliseconds(3000),
                              .segments = {{milliseconds(500), milliseconds(1500), "Hello.", {}, 0}},
                              .notes = {}};
  const std::vector<Cue> cues{{milliseconds(500), milliseconds(2000), {"Hello."}}};
  EXPECT_THAT(render(Format::kSrt, transcript, cues), StartsWith("1\n00:00:00,500 --> 00:00:02,000\nHello.\n"));
  EXPECT_THAT(render(Format::kVtt, transcript, cues), StartsWith("WEBVTT\n\nNOTE language: en\n\n00:00:00.500 -->"));
  EXPECT_EQ(render(Format::kTxt, transcript, cues), "Hello.\n");
  EXPECT_EQ(render(Format::kTsv, transcript, cues), "start\tend\ttext\n500\t1500\tHello.\n");
  EXPECT_THAT(render(Format::kJson, transcript, cues), HasSubstr(R"("start":0.5)"));
}

}  // namespace
}  // namespace voxlate::subtitles
