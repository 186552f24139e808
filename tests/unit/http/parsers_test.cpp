#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "http/chunked_decoder.h"
#include "http/job_request.h"
#include "http/message.h"
#include "http/multipart.h"
#include "http/range.h"

namespace voxlate::http {
namespace {

// Feeds `text` in pieces of `step` bytes: the body, then what is left, or "!" where it is malformed.
std::pair<std::string, std::string> decode(const std::string& text, std::size_t step) {
  ChunkedDecoder decoder;
  std::string body;
  for (std::size_t at = 0; at < text.size(); at += step) {
    std::string_view input = std::string_view(text).substr(at, step);
    std::string_view data;
    while (true) {
      const auto result = decoder.next(input, data);
      if (result == ChunkedDecoder::Result::kData) body += data;
      if (result == ChunkedDecoder::Result::kNeedMore) break;
      if (result == ChunkedDecoder::Result::kMalformed) return {body, "!"};
      if (result == ChunkedDecoder::Result::kEnd) {
        return {body, std::string(input) + text.substr(std::min(text.size(), at + step))};
      }
    }
  }
  return {body, "…"};
}

TEST(ChunkedDecoder, DoesNotDependOnHowTheBytesCome) {
  const std::string text = "5\r\nhello\r\n0006;a=b\r\n world\r\n0\r\n\r\nGET /";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    EXPECT_EQ(decode(text, step), (std::pair<std::string, std::string>("hello world", "GET /"))) << step;
  }
}

TEST(ChunkedDecoder, RefusesWhatBreaksTheGrammar) {
  for (const char* text :
       {"-2\r\n", "0x5\r\nhello\r\n", "+5\r\nhello\r\n", " 5\r\nhello\r\n", "5 \r\nhello\r\n", "\r\n", "5\nhello\r\n",
        "5\r\nhelloX\r\n", "5\r\nhello\n0\r\n\r\n", "g\r\n", "1000000000000000\r\n", "ffffffffffffffff\r\n",
        "0\r\nX: trailer\r\n\r\n", "0\r\n\n", "5;a\x01\r\nhello\r\n", "5\r\rhello"}) {
    EXPECT_EQ(decode(text, 1).second, "!") << text;
  }
}

TEST(Range, ReadsOneRange) {
  using Kind = RangeRequest::Kind;
  const auto part = [](std::uint64_t begin, std::uint64_t end) {
    return RangeRequest{.kind = Kind::kPart, .begin = begin, .end = end};
  };
  EXPECT_EQ(parse_range("bytes=0-99", 1000), part(0, 100));
  EXPECT_EQ(parse_range("bytes=900-", 1000), part(900, 1000));
  EXPECT_EQ(parse_range("bytes=900-5000", 1000), part(900, 1000));
  EXPECT_EQ(parse_range("bytes=-100", 1000), part(900, 1000));
  EXPECT_EQ(parse_range("bytes=-5000", 1000), part(0, 1000));
  EXPECT_EQ(parse_range("bytes=0-18446744073709551615", 1000), part(0, 1000));
  EXPECT_EQ(parse_range("bytes=0-99999999999999999999999", 1000), part(0, 1000));
  for (const char* header : {"bytes=1000-", "bytes=5000000000-", "bytes=-0", "bytes=99999999999999999999999-"}) {
    EXPECT_EQ(parse_range(header, 1000).kind, Kind::kUnsatisfiable) << header;
  }
  EXPECT_EQ(parse_range("bytes=-1", 0).kind, Kind::kUnsatisfiable);
  for (const char* header : {"", "bytes=0-1,5-6", "bytes=a-b", "bytes=5-1", "items=0-1", "bytes=", "bytes=-",
                             "bytes=--5", "bytes=1-+2", "bytes=0x1-2"}) {
    EXPECT_EQ(parse_range(header, 1000).kind, Kind::kWhole) << header;
  }
}

TEST(Etag, IsFoundInAList) {
  EXPECT_TRUE(matches_etag("\"a\", W/\"b\"", "\"b\""));
  EXPECT_TRUE(matches_etag("*", "\"b\""));
  EXPECT_FALSE(matches_etag("\"bb\"", "\"b\""));
}

struct Part {
  PartHead head;
  std::string data;
  bool ended = false;
};

struct Parsed {
  std::vector<Part> parts;
  bool complete = false;
  std::string error;
};

Parsed parse_form(const std::string& text, std::size_t step) {
  Parsed result;
  MultipartParser parser("bound", {.part_begins =
                                       [&](const PartHead& head) {
                                         result.parts.push_back({head, "", false});
                                         return true;
                                       },
                                   .part_data =
                                       [&](std::string_view bytes) {
                                         result.parts.back().data += bytes;
                                         return true;
                                       },
                                   .part_ends = [&] { return result.parts.back().ended = true; }});
  for (std::size_t at = 0; at < text.size(); at += step) {
    if (parser.feed(std::string_view(text).substr(at, step)) == MultipartParser::Result::kMalformed) break;
  }
  result.complete = parser.complete();
  result.error = parser.error();
  return result;
}

TEST(Multipart, DoesNotDependOnHowTheBytesCome) {
  const std::string text =
      "preamble\r\n--bound\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--bound\r\n"
      "content-type: x/y\r\nContent-Disposition: form-data; name=file; filename=\"b \\\"c\\\".mp4\"\r\n\r\n" +
      std::string("line\r\n--boun\r\n--bounX\r\n-\r\n\r\n") + "\r\n--bound--\r\nepilogue --bound";
  for (std::size_t step = 1; step <= text.size(); ++step) {
    const Parsed form = parse_form(text, step);
    ASSERT_EQ(form.error, "") << step;
    ASSERT_EQ(form.parts.size(), 2U) << step;
    EXPECT_TRUE(form.complete && form.parts[0].ended && form.parts[1].ended);
    EXPECT_EQ(form.parts[0].head.name, "a");
    EXPECT_FALSE(form.parts[0].head.file_name);
    EXPECT_EQ(form.parts[0].data, "");
    EXPECT_EQ(form.parts[1].head.file_name, "b \"c\".mp4");
    EXPECT_EQ(form.parts[1].head.content_type, "x/y");
    EXPECT_EQ(form.parts[1].data, "line\r\n--boun\r\n--bounX\r\n-\r\n\r\n");
  }
}

TEST(Multipart, RefusesMalformedForms) {
  const std::string begin = "--bound\r\n";
  const std::string good = "Content-Disposition: form-data; name=\"a\"\r\n\r\nx";
  for (const std::string& text :
       {begin + "\r\nx", begin + "Content-Type: a/b\r\n\r\nx",
        begin + "Content-Disposition: attachment; name=\"a\"\r\n\r\nx",
        begin + "Content-Disposition: form-data\r\n\r\nx", begin + "Content-Disposition: form-data; name=\"a\r\n\r\nx",
        begin + "Content-Disposition: form-data; name=a; name=b\r\n\r\nx", begin + "no colon\r\n\r\nx",
        begin + good + "\r\n--boundary\r\n" + good, "--bound \r\n" + good, std::string(10'000, 'x'),
        begin + "X: " + std::string(20'000, 'y')}) {
    EXPECT_NE(parse_form(text, 7).error, "") << text.substr(0, 100);
  }
}

TEST(Multipart, IsIncompleteWithoutItsLastBoundary) {
  EXPECT_FALSE(parse_form("--bound\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx\r\n--bound\r\n", 5).complete);
}

TEST(Multipart, ReadsExtendedFileNames) {
  const auto head = parse_part_head(
      "Content-Disposition: form-data; name=\"file\"; filename=\"na_ve.mp4\"; filename*=UTF-8''na%C3%AFve.mp4");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->file_name, "na\xC3\xAFve.mp4");
}

TEST(Multipart, SurvivesAVeryLongFileName) {
  const auto head =
      parse_part_head("Content-Disposition: form-data; name=\"file\"; filename*=UTF-8''" + std::string(1'000'000, 'a'));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->file_name->size(), 1'000'000U);
}

TEST(MultipartBoundary, FollowsTheRules) {
  EXPECT_EQ(multipart_boundary("multipart/form-data; boundary=abc"), "abc");
  EXPECT_EQ(multipart_boundary("Multipart/Form-Data; charset=x; boundary=\"a b\""), "a b");
  EXPECT_FALSE(multipart_boundary("multipart/form-data"));
  EXPECT_FALSE(multipart_boundary("multipart/mixed; boundary=abc"));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary="));
  EXPECT_FALSE(multipart_boundary("multipart/form-data; boundary=" + std::string(71, 'a')));
}

Problem refused(const FormFields& fields) {
  const auto result = parse_job_request(fields, "talk.mp4");
  EXPECT_TRUE(std::holds_alternative<Problem>(result));
  return std::holds_alternative<Problem>(result) ? std::get<Problem>(result) : Problem();
}

TEST(JobRequest, ReadsEveryField) {
  const auto result = parse_job_request({{"kind", "transcribe"},
                                         {"language", "en"},
                                         {"engine", "sphinx"},
                                         {"targets", "es, de"},
                                         {"targets[]", "pt-BR"},
                                         {"formats", "srt"},
                                         {"formats", "vtt,srt"},
                                         {"profile", "netflix-en"},
                                         {"audio_track", "2"},
                                         {"priority", "high"}},
                                        "C:\\fakepath\\talk.mp4");
  ASSERT_TRUE(std::holds_alternative<JobSpec>(result));
  EXPECT_EQ(std::get<JobSpec>(result), (JobSpec{.source_name = "talk.mp4",
                                                .language = "en",
                                                .engine = "sphinx",
                                                .targets = {"es", "de", "pt-BR"},
                                                .formats = {"srt", "vtt"},
                                                .profile = "netflix-en",
                                                .audio_track = 2,
                                                .priority = Priority::kHigh}));
}

TEST(JobRequest, EmptyValuesAreDefaults) {
  const auto result = parse_job_request(
      {{"kind", ""}, {"language", "auto"}, {"targets", ""}, {"audio_track", ""}, {"priority", ""}, {"profile", ""}},
      "a");
  ASSERT_TRUE(std::holds_alternative<JobSpec>(result));
  EXPECT_EQ(std::get<JobSpec>(result), (JobSpec{.source_name = "a",
                                                .language = {},
                                                .engine = {},
                                                .targets = {},
                                                .formats = {},
                                                .profile = {},
                                                .audio_track = {}}));
}

TEST(JobRequest, NamesTheNearestField) {
  const Problem problem = refused({{"langauge", "en"}});
  EXPECT_EQ(problem.code, "unknown_field");
  ASSERT_EQ(problem.errors.size(), 1U);
  EXPECT_EQ(problem.errors[0].pointer, "/langauge");
  EXPECT_NE(problem.errors[0].detail.find("Did you mean \"language\"?"), std::string::npos);
  EXPECT_NE(refused({{"xyzxyzxyz", "1"}}).detail.find("audio_track"), std::string::npos);
}

TEST(JobRequest, TellsEveryFault) {
  const Problem problem = refused({{"kind", "dub"},
                                   {"targets", "es,Spanish language"},
                                   {"formats", "docx"},
                                   {"audio_track", "-1"},
                                   {"priority", "soon"},
                                   {"engine", "a b"},
                                   {"language", "e"}});
  EXPECT_EQ(problem.code, "invalid_input");
  EXPECT_EQ(problem.errors.size(), 7U);
}

TEST(JobRequest, RefusesRepeatedSingleFieldsAndStrangeNames) {
  EXPECT_EQ(refused({{"language", "en"}, {"language", "de"}}).errors[0].pointer, "/language");
  EXPECT_EQ(refused({{"language[]", "en"}}).code, "unknown_field");
  EXPECT_EQ(refused({{"file", "text"}}).code, "invalid_input");
  EXPECT_NO_THROW(refused({{std::string("\xff\x00", 2), "x"}}).json("rid"));
}

TEST(JobRequest, CanonicalFormTellsRequestsApart) {
  const JobSpec one{.source_name = "a",
                    .language = "en",
                    .engine = {},
                    .targets = {"es"},
                    .formats = {},
                    .profile = {},
                    .audio_track = {}};
  JobSpec two = one;
  EXPECT_EQ(canonical_form(one), canonical_form(two));
  two.targets.emplace_back("de");
  EXPECT_NE(canonical_form(one), canonical_form(two));
}

TEST(IdempotencyKey, QuotedOrBare) {
  EXPECT_EQ(parse_idempotency_key("\"0123456789abcdef\""), "0123456789abcdef");
  EXPECT_EQ(parse_idempotency_key("0123456789_bcd-F"), "0123456789_bcd-F");
  for (const char* bad : {"", "short", "0123456789abcde!", "\"0123456789abcdef", "0123456789 abcdef"}) {
    EXPECT_FALSE(parse_idempotency_key(bad)) << bad;
  }
  EXPECT_FALSE(parse_idempotency_key(std::string(65, 'a')));
}

TEST(Query, IsDecoded) {
  const auto query = parse_query("a=1&b=x%20y+z&c&&d=%zz&a=2");
  EXPECT_EQ(query.at("a"), "2");
  EXPECT_EQ(query.at("b"), "x y z");
  EXPECT_EQ(query.at("c"), "");
  EXPECT_EQ(query.at("d"), "%zz");
}

TEST(Percent, EncodeAndDecodeAreInverse) {
  const std::string text = "a b/\xC3\xA4\"%";
  EXPECT_EQ(decode_percent(encode_percent(text)), text);
  EXPECT_FALSE(decode_percent("%4"));
}

TEST(Problem, HasEveryMemberEvenForBadText) {
  const Problem problem{.code = "queue_full", .detail = "\xff", .errors = {{"/a", "b"}}, .retry_after_s = 7};
  const auto document = nlohmann::json::parse(problem.json("rid"));
  EXPECT_EQ(document["type"], "urn:voxlate:problem:queue-full");
  EXPECT_EQ(document["status"], 503);
  EXPECT_EQ(document["retry_after"], 7);
  EXPECT_EQ(document["errors"][0]["pointer"], "/a");
  EXPECT_EQ(document["instance"], "/requests/rid");
}

}  // namespace
}  // namespace voxlate::http
