#include "subtitles/transcript_json.h"

#include <gmock/gmock.h>

#include "tests/unit/subtitles/random_transcript.h"
#include "voxlate/error.h"

namespace voxlate::subtitles {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

TEST(TranscriptJson, HasTheDocumentedForm) {
  const Transcript transcript{.language = "en",
                              .engine = "test",
                              .duration = milliseconds(2500),
                              .segments = {{milliseconds(1230),
                                            milliseconds(2340),
                                            "Hi!",
                                            {{"Hi!", milliseconds(1230), milliseconds(2340), 0.8F}},
                                            0.5F}},
                              .notes = {"note"}};
  EXPECT_EQ(write_transcript_json(transcript),
            R"({"language":"en","engine":"test","duration_s":2.5,"text":"Hi!","segments":[{"start":1.23,"end":2.34,)"
            R"("text":"Hi!","confidence":0.5,"words":[{"word":"Hi!","start":1.23,"end":2.34,"confidence":0.8}]}],)"
            R"("notes":["note"]})");
}

TEST(TranscriptJson, RoundTripsEverything) {
  std::mt19937 random(11);
  for (int i = 0; i < 1500; ++i) {
    const Transcript transcript = random_transcript(random);
    ASSERT_EQ(parse_transcript_json(write_transcript_json(transcript)), transcript)
        << write_transcript_json(transcript);
    const Window window{transcript.duration / 2, transcript.duration, transcript.segments, transcript.duration};
    ASSERT_EQ(parse_window_json(write_window_json(window)), window);
  }
}

TEST(TranscriptJson, EveryMillisecondSurvives) {
  for (const std::int64_t base : {0LL, 3600'000LL * 100, 999'999'999'000LL}) {
    for (int ms = 0; ms < 1000; ++ms) {
      Transcript transcript;
      transcript.duration = milliseconds(base + ms);
      ASSERT_EQ(parse_transcript_json(write_transcript_json(transcript)).duration, transcript.duration);
    }
  }
}

TEST(TranscriptJson, MalformedUtf8IsReplaced) {
  Transcript transcript;
  transcript.engine = "a\xff";
  EXPECT_EQ(parse_transcript_json(write_transcript_json(transcript)).engine, "a\uFFFD");
}

TEST(TranscriptJson, BrokenInputIsCorruptAndNamesTheKey) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"", "parse error"},
      {"[]", "object"},
      {"{}", "duration_s"},
      {R"({"duration_s":1})", "segments"},
      {R"({"duration_s":"1","segments":[]})", "duration_s"},
      {R"({"duration_s":1e10,"segments":[]})", "duration_s"},
      {R"({"duration_s":-1,"segments":[]})", "duration_s"},
      {R"({"duration_s":1,"segments":{}})", "segments"},
      {R"({"duration_s":1,"segments":[1]})", "segments"},
      {R"({"duration_s":1,"segments":[{"start":0,"end":1}]})", "text"},
      {R"({"duration_s":1,"segments":[{"start":2,"end":1,"text":""}]})", "end"},
      {R"({"duration_s":1,"segments":[{"start":0,"end":1,"text":"","confidence":2}]})", "confidence"},
      {R"({"duration_s":1,"segments":[{"start":0,"end":1,"text":"","words":[{"start":0,"end":1}]}]})", "word"},
      {R"({"duration_s":1,"segments":[],"notes":[1]})", "notes"},
      {R"({"duration_s":1,"segments":[],"language":7})", "language"},
      {std::string(100000, '['), "parse error"},
  };
  for (const auto& [json, key] : cases) {
    try {
      parse_transcript_json(json);
      ADD_FAILURE() << "no error for " << json.substr(0, 80);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kCorrupt);
      EXPECT_THAT(error.what(), HasSubstr(key)) << json.substr(0, 80);
    }
  }
  EXPECT_THROW(parse_window_json(R"({"begin_ms":1.5,"end_ms":2,"segments":[]})"), Error);
}

TEST(TranscriptJson, AbsentOptionalKeysAreEmpty) {
  const Transcript read =
      parse_transcript_json(R"({"duration_s":1,"segments":[{"start":0,"end":1,"text":"x"}],"unknown":[]})");
  EXPECT_EQ(read.segments.at(0).text, "x");
  EXPECT_TRUE(read.segments.at(0).words.empty());
  EXPECT_EQ(read.language, "");
}

}  // namespace
}  // namespace voxlate::subtitles
