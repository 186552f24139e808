#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {
namespace {

std::string parse_spoken_language(std::string_view text) { return text == "auto" ? std::string() : std::string(text); }

}  // namespace

std::vector<Setting> watch_settings() {
  return {
      {"watch.folder", "folder whose media is transcribed as it comes; empty: none", plain(&Config::watch_folder)},
      {"watch.output", "folder for the results of the watched one; empty: beside the media",
       plain(&Config::watch_output)},
      {"watch.language", "language spoken in the watched folder; empty: detect",
       parsed(&Config::watch_language, parse_spoken_language)},
      {"watch.targets", "languages to translate the watched folder into", list(&Config::watch_targets)},
      {"watch.formats", "formats of the results: srt, vtt, txt, tsv, json", list(&Config::watch_formats)},
      {"watch.settle_seconds", "a file is taken when it did not change for so long, 1 to 86400",
       whole(&Config::watch_settle, 1, 86'400)},
  };
}

}  // namespace voxlate::config
