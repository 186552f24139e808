#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace voxlate::translation {

struct Licence {
  std::string name;  ///< "CC-BY-NC 4.0"; empty: no line names one that we know
  bool non_commercial = false;

  bool operator==(const Licence&) const = default;
};

/// The first known licence that a line of `text` names. A line that only cites a licence of data is a line too: this
/// is what to show to a person, who reads the file itself for more.
Licence licence_in(std::string_view text);

/// Looks into README and LICENSE files of a model's folder, at most 256 KiB of each. Empty when there are none.
Licence licence_of_folder(const std::filesystem::path& folder);

}  // namespace voxlate::translation
