#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "translation/apertium_modes.h"

namespace voxlate::translation {

/// A temporary folder with mode files and small scripts under the names of Apertium's programs.
class FakeModes {
 public:
  FakeModes() : root_(std::filesystem::temp_directory_path() / ("voxlate-test-" + random_id())) {
    std::filesystem::create_directories(root_ / "modes");
    std::filesystem::create_directories(root_ / "bin");
  }
  ~FakeModes() { std::filesystem::remove_all(root_); }
  FakeModes(const FakeModes&) = delete;
  FakeModes& operator=(const FakeModes&) = delete;

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
  std::filesystem::path root_;
};

}  // namespace voxlate::translation
