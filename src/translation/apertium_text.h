#pragma once

#include <string>
#include <string_view>

namespace voxlate::translation {

/// `text` as Apertium's stream format wants it. Words go in plain; what has a meaning in the format, what is no
/// word of a language (addresses of the web and of mail, place holders `<x id="1"/>`) and line breaks go in as
/// "superblanks" ("[\@]"), which the programs pass on untouched. Malformed UTF-8 is repaired; NUL, which ends a
/// message, is removed. A full stop is added and taken away again by `from_apertium_stream`: the programs know a
/// sentence by its end and may swallow the last character of a message.
std::string to_apertium_stream(std::string_view text);

/// The text of a translated message: `from_apertium_stream(to_apertium_stream(x))` is x but for runs of blanks,
/// which become one space, and blanks at the ends, which go.
std::string from_apertium_stream(std::string_view stream);

/// Whether a message came through to its end. When a program of a row dies, those behind it still answer, with
/// what they had: nothing, or the front of a sentence.
bool is_whole_answer(std::string_view stream);

}  // namespace voxlate::translation
