#include "http/translatable_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace voxlate::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string unchanged(const TranslatableText& text) { return text.with(text.pieces()); }

TEST(PlainText, IsTranslatedByLines) {
  const auto text = TranslatableText::plain("  One line.\r\n\n\tAnother \n");
  EXPECT_THAT(text.pieces(), ElementsAre("One line.", "Another"));
  const std::vector<std::string> translations{"Una.", "Otra"};
  EXPECT_EQ(text.with(translations), "  Una.\r\n\n\tOtra \n");
}

TEST(PlainText, WithoutTranslationIsTheSame) {
  for (const char* text : {"", "\n", " ", "a", "a\n", "\na", "a\n\n b \nc", "a < b & <i>c</i>"})
    EXPECT_EQ(unchanged(TranslatableText::plain(text)), text);
}

TEST(Html, IsCutAtBlocksAndKeepsTagsInsideSentences) {
  const auto text = TranslatableText::html("<p>One <b class=\"x\">bold</b> word.</p><ul><li>Two</li></ul>");
  EXPECT_THAT(text.pieces(), ElementsAre("One <c.0>bold</c> word.", "Two"));
  const std::vector<std::string> moved{"Una palabra <c.0>negra</c>.", "Dos"};
  EXPECT_EQ(text.with(moved), "<p>Una palabra <b class=\"x\">negra</b>.</p><ul><li>Dos</li></ul>");
}

TEST(Html, WithoutTranslationIsTheSame) {
  for (const char* text : {"",
                           "plain",
                           "a<br>b",
                           "<p> a </p>\n<p>b</p>",
                           "<a href='?x=1&amp;y=2'>l</a> t",
                           "<img src=\"a>b\"> t",
                           "x &lt; y &amp; z",
                           "&eacute; &#233; a",
                           "&amp;lt; a",
                           "<!-- <p>no</p> --><p>a</p>",
                           "a <b>c <i>d</b> e</i> f",
                           "</b> a",
                           "<b>a",
                           "<script>if (a < b) { x = \"<p>\"; }</script>a",
                           "use <code>a &lt; b</code> here",
                           "<!DOCTYPE html><html><body>a</body></html>",
                           "<p>a",
                           "<",
                           "a <",
                           "a < b > c",
                           "<p",
                           "<script>never closed"}) {
    // Signs that mean nothing are written as references.
    std::string expected = text;
    if (expected == "<" || expected == "a <") expected.replace(expected.size() - 1, 1, "&lt;");
    if (expected == "a < b > c") expected = "a &lt; b &gt; c";
    EXPECT_EQ(unchanged(TranslatableText::html(text)), expected) << text;
  }
}

TEST(Html, HasNothingToTranslateInScriptsAndTags) {
  EXPECT_THAT(TranslatableText::html("<style>p { }</style><script>a</script><pre>b</pre> <img> ").pieces(), IsEmpty());
}

TEST(Html, IsClosedWhereATranslationLostATag) {
  const auto text = TranslatableText::html("<i>a</i> b");
  const std::vector<std::string> open{"<c.0>a b"};
  const std::vector<std::string> none{"a b"};
  const std::vector<std::string> strange{"</c> <c.7>a</c> <x id=\"9\"/> & <b>"};
  EXPECT_EQ(text.with(open), "<i>a b</i>");
  EXPECT_EQ(text.with(none), "a b");
  EXPECT_EQ(text.with(strange), " &lt;c.7&gt;a &lt;x id=\"9\"/&gt; &amp; &lt;b&gt;");
}

}  // namespace
}  // namespace voxlate::http
