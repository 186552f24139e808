#include "translation/apertium_modes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "fake_modes.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

ErrorCode code_of(std::string_view text) {
  try {
    parse_mode(text);
  } catch (const Error& error) {
    return error.code();
  }
  return ErrorCode::kInternal;
}

TEST(ApertiumModeParser, ReadsQuotedWordsAndParameters) {
  const std::vector<Command> commands =
      parse_mode("lt-proc '/a b/x.bin' | apertium-tagger -g $2 \"/c/y.prob\" |  lt-proc $1 '/z'\n\n");
  ASSERT_EQ(commands.size(), 3U);
  EXPECT_EQ(commands[0], (Command{"lt-proc", {"/a b/x.bin"}}));
  EXPECT_EQ(commands[1], (Command{"apertium-tagger", {"-g", "/c/y.prob"}}));
  EXPECT_EQ(commands[2], (Command{"lt-proc", {"-n", "/z"}}));
}

TEST(ApertiumModeParser, RefusesEverythingElseOfTheShell) {
  for (const char* text :
       {"",        " ",       "|",       "a |",      "| a",     "a || b",   "a; b", "a & b", "a && b",   "a > /tmp/x",
        "a < x",   "a $3",    "a $HOME", "a ${1}",   "a $(b)",  "a `b`",    "a 'b", "a \"b", "a \"$1\"", "a \"b\\\"\"",
        "a b\\ c", "a *.bin", "a ~/x",   "a 'b''c",  "a 'b'c",  "a c'b'",   "a #b", "a (b)", "a {b}",    "a !b",
        "a ?",     "a [b]",   "a\nb",    "a | b\nc", "a\tb\rc", "a 'x\ny'", "$1 a", "'' a",  "a \x01",   "a \xC3\xA9"})
    EXPECT_EQ(code_of(text), ErrorCode::kCorrupt) << text;
}

TEST(ApertiumModeParser, BoundsWhatItReads) {
  std::string programs = "cat";
  for (int i = 0; i < 40; ++i) programs += "|cat";
  EXPECT_EQ(code_of(programs), ErrorCode::kCorrupt);
  std::string words = "cat";
  for (int i = 0; i < 21; ++i) words += " x";
  EXPECT_EQ(code_of(words), ErrorCode::kCorrupt);
}

TEST(ApertiumModes, FindsUsableModesWithAbsoluteFlushingPrograms) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec cat");
  fake.add_program("cg-proc", "exec cat");
  fake.add_mode("spa-eng", "lt-proc $1");
  fake.add_mode("eng-spa", "lt-proc -w | cg-proc -z -x");
  const ApertiumModes modes = find_apertium_modes(fake.options());
  EXPECT_THAT(modes.unusable, IsEmpty());
  ASSERT_EQ(modes.usable.size(), 2U);
  EXPECT_EQ(modes.usable[0].name, "eng-spa");
  EXPECT_EQ(modes.usable[0].source, "en");
  EXPECT_EQ(modes.usable[0].target, "es");
  EXPECT_THAT(modes.usable[0].commands, ElementsAre(Command{fake.path("bin/lt-proc").string(), {"-z", "-w"}},
                                                    Command{fake.path("bin/cg-proc").string(), {"-z", "-x"}}));
  EXPECT_THAT(modes.usable[1].commands, ElementsAre(Command{fake.path("bin/lt-proc").string(), {"-z", "-n"}}));
}

std::string reason_of(const ApertiumModes& modes, std::string_view name) {
  for (const UnusableMode& mode : modes.unusable) {
    if (mode.name == name) return mode.reason;
  }
  return "";
}

TEST(ApertiumModes, TellsWhyAModeIsNotOffered) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec cat");
  fake.add_mode("eng-spa", "lt-proc");
  fake.add_mode("en-es", "lt-proc");
  fake.add_mode("eng-cat", "lt-proc | lrx-proc");
  fake.add_mode("eng-fra", "lt-proc | sh");
  fake.add_mode("eng-ita", "lt-proc '/no/such/eng-ita.bin'");
  fake.add_mode("eng-por", "lt-proc; lt-proc");
  fake.add_mode("eng-cat_iec2017", "lt-proc");
  fake.add_mode("eng-eng_US", "lt-proc");
  fake.add_mode("eng-spa-tagger", "lt-proc");
  fake.add_mode("eng-ron", std::string(100'000, 'a'));
  const ApertiumModes modes = find_apertium_modes(fake.options());
  ASSERT_EQ(modes.usable.size(), 1U);
  EXPECT_EQ(modes.usable[0].name, "en-es");
  EXPECT_THAT(reason_of(modes, "eng-spa"), HasSubstr("same direction as en-es"));
  EXPECT_THAT(reason_of(modes, "eng-cat"), HasSubstr("lrx-proc is not installed"));
  EXPECT_THAT(reason_of(modes, "eng-fra"), HasSubstr("sh, which is not a program known"));
  EXPECT_THAT(reason_of(modes, "eng-ita"), HasSubstr("data file eng-ita.bin is missing"));
  EXPECT_THAT(reason_of(modes, "eng-por"), HasSubstr("at byte 7"));
  EXPECT_THAT(reason_of(modes, "eng-cat_iec2017"), HasSubstr("spelling variant"));
  EXPECT_THAT(reason_of(modes, "eng-eng_US"), HasSubstr("another language"));
  EXPECT_THAT(reason_of(modes, "eng-spa-tagger"), HasSubstr("not that of a pair"));
  EXPECT_THAT(reason_of(modes, "eng-ron"), HasSubstr("65536 bytes"));
}

TEST(ApertiumModes, OffersOnlyThePairsAskedFor) {
  const FakeModes fake;
  fake.add_program("lt-proc", "exec cat");
  for (const char* name : {"eng-spa", "spa-eng", "eng-cat", "cat-eng"}) fake.add_mode(name, "lt-proc");
  ApertiumModesOptions options = fake.options();
  options.pairs = {"eng-spa", "en-ca", "eng-tha"};
  const ApertiumModes modes = find_apertium_modes(options);
  ASSERT_EQ(modes.usable.size(), 2U);
  EXPECT_EQ(modes.usable[0].name, "eng-cat");
  EXPECT_EQ(modes.usable[1].name, "eng-spa");
  EXPECT_THAT(reason_of(modes, "eng-tha"), HasSubstr("asked for"));
}

TEST(ApertiumModes, AMissingFolderHasNoModes) {
  ApertiumModesOptions options;
  options.modes_folder = "/no/such/folder";
  const ApertiumModes modes = find_apertium_modes(options);
  EXPECT_THAT(modes.usable, IsEmpty());
  EXPECT_THAT(modes.unusable, IsEmpty());
}

}  // namespace
}  // namespace voxlate::translation
