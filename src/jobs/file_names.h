#pragma once

#include <string>
#include <string_view>

namespace voxlate::jobs {

/// The file name in a Content-Disposition (RFC 6266): filename* in UTF-8, else filename; empty when there is none.
std::string disposition_file_name(std::string_view disposition);

/// The last part of a URL's path, decoded; empty when there is none.
std::string url_file_name(std::string_view url);

/// Safe on disk and in a header, never empty.
std::string safe_source_name(std::string_view name);

}  // namespace voxlate::jobs
