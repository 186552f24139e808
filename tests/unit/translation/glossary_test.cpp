#include "translation/glossary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "translation/text_layout.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// `text` with every term that is found replaced.
std::string replaced(const Glossary& glossary, std::string_view text) {
  const std::vector<bool> breaks = word_breaks(text);
  std::string result;
  for (std::size_t i = 0; i < text.size();) {
    const auto match = glossary.find(text, i, breaks);
    result += match ? "[" + match->target + "]" : std::string(1, text[i]);
    i += match ? match->size : 1;
  }
  return result;
}

std::string refusal(const std::string& text, bool json = false, GlossaryLimits limits = {}) {
  try {
    json ? parse_glossary_json(text, limits) : parse_glossary_lines(text, limits);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return error.what();
  }
  return "accepted";
}

TEST(Glossary, FindsWholeWordsTheLongestFirst) {
  const Glossary glossary = parse_glossary_lines("cat=gato\nhouse cat = gato doméstico\nart");
  EXPECT_EQ(replaced(glossary, "a house cat, a cat and a catalogue of art, start"),
            "a [gato doméstico], a [gato] and a catalogue of [art], start");
  EXPECT_EQ(replaced(glossary, "the cat's l'art cat-like"), "the [gato]'s l'[art] [gato]-like");
}

TEST(Glossary, LowerCaseTermsAreFoundInAnyCase) {
  const Glossary glossary = parse_glossary_lines("cat=gato\nApple\nÉtat=Estado\nöl=aceite");
  EXPECT_EQ(replaced(glossary, "Cat CAT cat"), "[Gato] [Gato] [gato]");
  EXPECT_EQ(replaced(glossary, "Apple apple APPLE"), "[Apple] apple APPLE");
  EXPECT_EQ(replaced(glossary, "État état Öl"), "[Estado] état [Aceite]");
}

TEST(Glossary, ScriptsWithoutSpacesHaveTermsAnywhere) {
  const Glossary glossary = parse_glossary_lines("人工智能=AI\nโรงเรียน=school\nAI=人工智能");
  EXPECT_EQ(replaced(glossary, "我们学人工智能的课"), "我们学[AI]的课");
  EXPECT_EQ(replaced(glossary, "ไปโรงเรียนแล้ว"), "ไป[school]แล้ว");
  EXPECT_EQ(replaced(glossary, "学AI课 MAIL"), "学[人工智能]课 MAIL");
}

TEST(Glossary, WholeWordsOfOtherScripts) {
  const Glossary glossary = parse_glossary_lines("кот=cat\nسلام=peace");
  EXPECT_EQ(replaced(glossary, "Кот и который"), "[Cat] и который");
  EXPECT_EQ(replaced(glossary, "سلام سلامة"), "[peace] سلامة");
}

TEST(Glossary, ReadsLines) {
  const Glossary glossary = parse_glossary_lines("# names\r\n\r\n Acme \r\ndog = perro = can\r\nAcme=ACME\n");
  EXPECT_THAT(glossary.terms(),
              ElementsAre(Term{.source = "Acme", .target = "ACME"}, Term{.source = "dog", .target = "perro = can"}));
  EXPECT_TRUE(parse_glossary_lines("").empty());
}

TEST(Glossary, ReadsJson) {
  const Glossary glossary = parse_glossary_json(R"({"Acme": null, "a=b": "c", "dog": "perro", "x": ""})");
  EXPECT_THAT(glossary.terms(), testing::UnorderedElementsAre(
                                    Term{.source = "Acme", .target = "Acme"}, Term{.source = "a=b", .target = "c"},
                                    Term{.source = "dog", .target = "perro"}, Term{.source = "x", .target = "x"}));
}

TEST(Glossary, RefusesWithWhatWasExpected) {
  EXPECT_THAT(refusal("a=b\n=c"), HasSubstr("line 2: expected \"term=translation\" or \"term\", got \"=c\""));
  EXPECT_THAT(refusal("a="), HasSubstr("line 1"));
  EXPECT_THAT(refusal("a\nb\nc", false, {.max_terms = 2, .max_term_bytes = 200}), HasSubstr("at most 2 terms"));
  EXPECT_THAT(refusal(std::string(201, 'x')), HasSubstr("at most 200 bytes, got 201"));
  EXPECT_THAT(refusal("\xFF"), HasSubstr("UTF-8"));
  EXPECT_THAT(refusal("a\tb=c"), HasSubstr("control characters"));
  EXPECT_THAT(refusal("[1]", true), HasSubstr("expected an object of strings, got array"));
  EXPECT_THAT(refusal("{\"a\": 1}", true), HasSubstr("expected a string or null for \"a\", got number"));
  EXPECT_THAT(refusal("{\"a\": {\"b\": {}}}", true), HasSubstr("objects or arrays inside"));
  EXPECT_THAT(refusal("{", true), HasSubstr("expected JSON"));
  EXPECT_THAT(refusal("{\"\": \"a\"}", true), HasSubstr("not empty"));
}

}  // namespace
}  // namespace voxlate::translation
