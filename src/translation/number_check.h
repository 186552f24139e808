#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

/// The numbers of `source` that are not in its translation, as they are written there, each as often as it is
/// missing. Equal are the digits of all scripts, and numbers whose separators can be read as those of one locale or
/// another: "1,000.50", "1.000,5" and "١٬٠٠٠٫٥٠". Words ("five") are not read.
std::vector<std::string> missing_numbers(std::string_view source, std::string_view translation);

/// `text` with the decimal digits of all scripts as ASCII ones, and nothing else.
std::string digits_of(std::string_view text);

}  // namespace voxlate::translation
