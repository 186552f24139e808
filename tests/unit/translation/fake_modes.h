#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/temporary_folder.h"
#include "translation/apertium_modes.h"

namespace voxlate::translation {

/// A temporary folder with mode files and small scripts under the names of Apertium's programs.
class FakeModes {
 public:
  FakeModes() {
    std::filesystem::create_directories(root_ / "modes");
    std::filesystem::create_directories(root_ / "bin");
  }

  void add_mode(const std::string& name, std::string_view text) const {
    std::ofstream(root_ / "modes" / (name + ".mode")) << text;
  }

  /// `script` is for /bin/sh; a program that passes everything on is "exec cat".
  void add_program(const std::string& name, std::string_view script) const {
    const std::filesystem::path path = root_ / "bin" / name;
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    ::chmod(path.c_str(), 0755);
  }

  std::filesystem::path path(std::string_view name) const { return root_ / name; }

  ApertiumModesOptions options() const {
    return {.modes_folder = root_ / "modes", .program_folders = {root_ / "bin"}, .pairs = {}};
  }

 private:
  TemporaryFolder root_;
};

}  // namespace voxlate::translation
