#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/child_process.h"

namespace voxlate::translation {

/// Where Apertium's packages are and which of their directions to offer.
struct ApertiumModesOptions {
  std::filesystem::path modes_folder = "/usr/share/apertium/modes";
  std::vector<std::filesystem::path> program_folders = {"/usr/bin", "/usr/local/bin"};
  std::vector<std::string> pairs;  ///< "eng-spa" or "en-es"; empty: all that are installed
};

/// A direction that can be run. `commands` have absolute programs and flush their output at every NUL.
struct ApertiumMode {
  std::string name;    ///< as Apertium calls it: "eng-spa"
  std::string source;  ///< BCP 47
  std::string target;  ///< BCP 47
  std::vector<Command> commands;
};

/// A mode that is installed, or asked for, and not offered.
struct UnusableMode {
  std::string name;
  std::string reason;
};

struct ApertiumModes {
  std::vector<ApertiumMode> usable;    ///< ordered by source and target, each direction once
  std::vector<UnusableMode> unusable;  ///< ordered by name
};

/// The commands of a mode file: a pipeline line of the shell, read without one. Only plain words, quoted words,
/// "|" and the parameters $1 (becomes "-n": no marks on unknown words) and $2 (nothing) are understood; throws
/// `kCorrupt` for anything else. Programs are names as written.
std::vector<Command> parse_mode(std::string_view text);

/// Reads the modes folder. No mode is an error: what cannot be used is listed with its reason. Of the programs,
/// only those of Apertium that are known to flush at NUL are ever started.
ApertiumModes find_apertium_modes(const ApertiumModesOptions& options);

}  // namespace voxlate::translation
