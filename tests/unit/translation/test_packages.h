#pragma once

#include <filesystem>
#include <string>

#include "models/unpack.h"

namespace voxlate::translation {

/// Unpacks the package from English into "es" or "th" of tests/data/test_translate as the server does, where it is not
/// there yet; returns its folder, which has the package's id as its name.
inline std::filesystem::path unpack_test_package(const std::filesystem::path& folder, const std::string& target) {
  const std::string id = "translate-test_en_" + target;
  if (std::filesystem::exists(folder / id)) return folder / id;
  const std::filesystem::path packages = std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/data/test_translate";
  const std::filesystem::path top = folder / (id + ".top");
  models::UnpackOptions options;
  options.keep_free_bytes = 0;
  models::unpack(packages / (id + ".argosmodel"), top, options, {});
  std::filesystem::rename(top / ("translate-en_" + target + "-1_0"), folder / id);
  return folder / id;
}

}  // namespace voxlate::translation
