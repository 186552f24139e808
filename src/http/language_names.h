#pragma once

#include <string>
#include <string_view>

namespace voxlate::http {

/// English name of a language, lower case: "pt-BR" gives "portuguese". A tag without a known name stays.
std::string language_name(std::string_view tag);

/// For people: "Portuguese (BR)".
std::string language_title(std::string_view tag);

/// The code of a name ("English", "english"); what is no known name stays, codes are such.
std::string language_code(std::string_view text);

}  // namespace voxlate::http
