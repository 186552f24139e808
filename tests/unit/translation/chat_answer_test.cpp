#include "translation/chat_answer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

const std::vector<std::string> kBatch{"One.", "Two."};

TEST(ChatAnswer, NumbersTheSentences) {
  EXPECT_EQ(numbered_json(kBatch), R"({"1":"One.","2":"Two."})");
  EXPECT_EQ(numbered_json(std::vector<std::string>{"\"}{ \\ \n\x80"}), R"({"1":"\"}{ \\ \n)"
                                                                       "\xEF\xBF\xBD\"}");
}

TEST(ChatAnswer, FindsTheObjectInWhatModelsWriteAroundIt) {
  for (const char* content : {
           R"({"1":"Uno.","2":"Dos."})",
           R"({"2":"Dos.","1":"Uno."})",
           "```json\n{\"1\": \"Uno.\", \"2\": \"Dos.\"}\n```",
           "Sure! Here is {the} translation:\n{\"1\":\"Uno.\",\"2\":\"Dos.\"}\nAnything else? {\"1\":\"x\"}",
           R"({"translations":{"1":"Uno.","2":"Dos."}})",
           "<think>First {\"1\":\"wrong\",\"2\":\"wrong\"}, hm.</think>{\"1\":\"Uno.\",\"2\":\"Dos.\"}",
           "{\"1\":\"wrong\"} so be it</think>\n{\"1\":\"Uno.\",\"2\":\"Dos.\"}",
       }) {
    const BatchAnswer answer = parse_chat_answer(content, kBatch);
    EXPECT_THAT(answer.refusal, IsEmpty()) << content;
    EXPECT_THAT(answer.translations, ElementsAre("Uno.", "Dos.")) << content;
  }
}

TEST(ChatAnswer, BracesAndQuotesInTranslationsAreText) {
  const BatchAnswer answer = parse_chat_answer(R"(ok {"1":"U}no \" {","2":"{\\"})", kBatch);
  EXPECT_THAT(answer.translations, ElementsAre("U}no \" {", "{\\"));
}

TEST(ChatAnswer, SaysWhatIsWrong) {
  const std::string long_text(1000, 'x');
  for (const auto& [content, why] : std::vector<std::pair<std::string, std::string>>{
           {R"({"1":"Uno."})", "expected 2 numbered translations, got 1"},
           {R"({"1":"Uno.","2":"Dos.","3":"Tres."})", "expected 2 numbered translations, got 3"},
           {R"({"1":"Uno.","two":"Dos."})", "translation 2 is missing"},
           {R"({"1":"Uno.","2":2})", "translation 2 is no text"},
           {R"({"1":"Uno.","2":" \n"})", "empty"},
           {R"({"1":"Uno.","2":")" + long_text + "\"}", "far too long"},
           {R"({"1":"Uno.","2":"Dos)", "none"},
           {R"(["Uno.","Dos."])", "none"},
           {R"(<think>{"1":"Uno.","2":"Dos."})", "none"},
           {R"({"1":"Uno.","2":"Dos)"
            "\x80\"}",
            "none"},
           {std::string(100'000, '{'), "none"},
           {"", "none"},
       }) {
    const BatchAnswer answer = parse_chat_answer(content, kBatch);
    EXPECT_THAT(answer.refusal, HasSubstr(why)) << content.substr(0, 100);
    EXPECT_THAT(answer.translations, IsEmpty());
  }
  EXPECT_THAT(parse_chat_answer(R"({"1":"x"})", std::vector<std::string>{long_text}).refusal,
              HasSubstr("far too short"));
}

}  // namespace
}  // namespace voxlate::translation
