#include "translation/apertium_modes.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/file.h"
#include "translation/language_codes.h"
#include "voxlate/error.h"

// A mode file as the packages of Debian 12 and 13 hold it:
//
//   mode      = command { "|" command } { newline | blank }
//   command   = { blank } word { blank word } { blank }
//   word      = plain | "'" { any but "'" and control characters } "'"
//             | '"' { any but '"' "$" "`" "\" and control characters } '"' | parameter
//   plain     = letters, digits and . _ / = : , + % @ -
//   parameter = "$1" | "$2"

namespace voxlate::translation {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxModeBytes = 64 << 10;
constexpr std::size_t kMaxCommands = 40;
constexpr std::size_t kMaxWords = 20;
constexpr std::size_t kMaxModeFiles = 2000;
constexpr std::string_view kNoMarks = "-n";
constexpr std::string_view kNullFlush = "-z";

/// Programs that take -z: flush the output and forget the state at every NUL.
constexpr std::array kPrograms = std::to_array<std::string_view>({
    "apertium-anaphora",
    "apertium-extract-caps",
    "apertium-interchunk",
    "apertium-postchunk",
    "apertium-posttransfer",
    "apertium-pretransfer",
    "apertium-restore-caps",
    "apertium-tagger",
    "apertium-transfer",
    "cg-proc",
    "hfst-proc",
    "lrx-proc",
    "lsx-proc",
    "lt-proc",
    "rtx-proc",
});

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

bool is_plain(char c) {
  const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  const bool is_digit = c >= '0' && c <= '9';
  return is_letter || is_digit || std::string_view("._/=:,+%@-").find(c) != std::string_view::npos;
}

[[noreturn]] void throw_corrupt(std::string_view expected, std::size_t offset) {
  throw Error(ErrorCode::kCorrupt, "expected " + std::string(expected) + " at byte " + std::to_string(offset));
}

/// Reads a mode front to back.
class ModeReader {
 public:
  explicit ModeReader(std::string_view text) : text_(text) {}

  std::vector<Command> read() {
    std::vector<Command> commands;
    do {
      if (commands.size() == kMaxCommands) throw_corrupt("at most 40 programs", offset_);
      commands.push_back(read_command());
    } while (take('|'));
    while (offset_ < text_.size() && (is_blank(text_[offset_]) || text_[offset_] == '\n')) ++offset_;
    if (offset_ != text_.size()) throw_corrupt("the end of the mode", offset_);
    return commands;
  }

 private:
  bool take(char c) {
    if (offset_ == text_.size() || text_[offset_] != c) return false;
    ++offset_;
    return true;
  }

  void skip_blanks() {
    while (offset_ < text_.size() && is_blank(text_[offset_])) ++offset_;
  }

  bool at_end_of_command() const { return offset_ == text_.size() || text_[offset_] == '|' || text_[offset_] == '\n'; }

  Command read_command() {
    Command command;
    skip_blanks();
    if (at_end_of_command() || text_[offset_] == '$') throw_corrupt("a program", offset_);
    const std::optional<std::string> program = read_word();
    if (!program || program->empty()) throw_corrupt("a program", offset_);
    command.program = *program;
    skip_blanks();
    while (!at_end_of_command()) {
      if (command.arguments.size() == kMaxWords) throw_corrupt("at most 20 arguments", offset_);
      if (std::optional<std::string> word = read_word()) command.arguments.push_back(*std::move(word));
      skip_blanks();
    }
    return command;
  }

  /// The word at the offset; nothing for a parameter that stands for nothing.
  std::optional<std::string> read_word() {
    std::optional<std::string> word;
    if (take('\'')) {
      word = read_quoted('\'');
    } else if (take('"')) {
      word = read_quoted('"');
    } else if (take('$')) {
      if (take('1')) {
        word = std::string(kNoMarks);
      } else if (!take('2')) {
        throw_corrupt("$1 or $2", offset_);
      }
    } else {
      const std::size_t begin = offset_;
      while (offset_ < text_.size() && is_plain(text_[offset_])) ++offset_;
      if (offset_ == begin) throw_corrupt("a word", offset_);
      word = std::string(text_.substr(begin, offset_ - begin));
    }
    if (!at_end_of_command() && !is_blank(text_[offset_])) throw_corrupt("the end of a word", offset_);
    return word;
  }

  std::string read_quoted(char quote) {
    const std::size_t begin = offset_;
    while (offset_ < text_.size() && text_[offset_] != quote) {
      const char c = text_[offset_];
      if (is_control(c) || (quote == '"' && (c == '$' || c == '`' || c == '\\')))
        throw_corrupt("a closing quote", offset_);
      ++offset_;
    }
    if (offset_ == text_.size()) throw_corrupt("a closing quote", offset_);
    return std::string(text_.substr(begin, offset_++ - begin));
  }

  std::string_view text_;
  std::size_t offset_ = 0;
};

/// The absolute path of a program. Throws `kUnsupported`, `kNotFound` with the reason.
std::string find_program(const std::string& name, const std::vector<fs::path>& folders) {
  if (std::find(kPrograms.begin(), kPrograms.end(), name) == kPrograms.end())
    throw Error(ErrorCode::kUnsupported, "it needs " + name + ", which is not a program known to flush its output");
  for (const fs::path& folder : folders) {
    const fs::path path = folder / name;
    if (::access(path.c_str(), X_OK) == 0) return path.string();
  }
  throw Error(ErrorCode::kNotFound, "the program " + name + " is not installed");
}

/// Turns the words of a mode file into what is started. Throws `kUnsupported`, `kNotFound` with the reason.
void make_runnable(Command& command, const std::vector<fs::path>& program_folders) {
  for (const std::string& argument : command.arguments) {
    if (!argument.empty() && argument.front() == '/' && ::access(argument.c_str(), R_OK) != 0)
      throw Error(ErrorCode::kNotFound, "its data file " + fs::path(argument).filename().string() + " is missing");
  }
  auto& arguments = command.arguments;
  if (std::find(arguments.begin(), arguments.end(), kNullFlush) == arguments.end())
    arguments.insert(arguments.begin(), std::string(kNullFlush));
  command.program = find_program(command.program, program_folders);
}

/// Throws Error with the reason when the mode cannot be offered.
ApertiumMode read_mode(const fs::path& path, const ApertiumModesOptions& options) {
  ApertiumMode mode{.name = path.stem().string(), .source = {}, .target = {}, .commands = {}};
  const std::size_t dash = mode.name.find('-');
  if (dash == std::string::npos || mode.name.find('-', dash + 1) != std::string::npos)
    throw Error(ErrorCode::kUnsupported, "its name is not that of a pair of languages");
  const std::optional<std::string> source = bcp47_from_apertium(mode.name.substr(0, dash));
  const std::optional<std::string> target = bcp47_from_apertium(mode.name.substr(dash + 1));
  if (!source || !target) throw Error(ErrorCode::kUnsupported, "it is a spelling variant without a language tag");
  if (base_language(*source) == base_language(*target))
    throw Error(ErrorCode::kUnsupported, "it does not lead to another language");
  mode.source = *source;
  mode.target = *target;
  mode.commands = parse_mode(read_file(path, kMaxModeBytes));
  for (Command& command : mode.commands) make_runnable(command, options.program_folders);
  return mode;
}

bool is_wanted(const std::vector<std::string>& pairs, const ApertiumMode& mode) {
  return pairs.empty() || std::any_of(pairs.begin(), pairs.end(), [&](const std::string& pair) {
           return pair == mode.name || pair == mode.source + "-" + mode.target;
         });
}

std::vector<fs::path> mode_files(const fs::path& folder) {
  std::vector<fs::path> paths;
  std::error_code error;
  fs::directory_iterator entry(folder, error);
  while (!error && entry != fs::directory_iterator() && paths.size() < kMaxModeFiles) {
    if (entry->path().extension() == ".mode") paths.push_back(entry->path());
    entry.increment(error);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

std::vector<Command> parse_mode(std::string_view text) { return ModeReader(text).read(); }

ApertiumModes find_apertium_modes(const ApertiumModesOptions& options) {
  ApertiumModes modes;
  for (const fs::path& path : mode_files(options.modes_folder)) {
    try {
      ApertiumMode mode = read_mode(path, options);
      const auto same = std::find_if(modes.usable.begin(), modes.usable.end(), [&](const ApertiumMode& other) {
        return other.source == mode.source && other.target == mode.target;
      });
      if (same != modes.usable.end()) throw Error(ErrorCode::kConflict, "it is the same direction as " + same->name);
      if (is_wanted(options.pairs, mode)) modes.usable.push_back(std::move(mode));
    } catch (const Error& error) {
      modes.unusable.push_back({.name = path.stem().string(), .reason = error.what()});
    }
  }
  std::sort(modes.usable.begin(), modes.usable.end(), [](const ApertiumMode& a, const ApertiumMode& b) {
    return std::tie(a.source, a.target) < std::tie(b.source, b.target);
  });
  for (const std::string& pair : options.pairs) {
    const bool found = std::any_of(modes.usable.begin(), modes.usable.end(),
                                   [&](const ApertiumMode& mode) { return is_wanted({pair}, mode); });
    if (!found)
      modes.unusable.push_back({.name = pair, .reason = "it was asked for and cannot be used or is not installed"});
  }
  std::sort(modes.unusable.begin(), modes.unusable.end(),
            [](const UnusableMode& a, const UnusableMode& b) { return a.name < b.name; });
  return modes;
}

}  // namespace voxlate::translation
