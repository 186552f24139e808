#include "app/version.h"

#include "http/version.h"
#include "media/version.h"
#include "store/version.h"

namespace voxlate::app {

std::vector<std::pair<std::string, std::string>> versions() {
  return {{"voxlate", VOXLATE_VERSION},
          {"ffmpeg", media::ffmpeg_version()},
          {"sqlite", store::sqlite_version()},
          {"cpp-httplib", http::httplib_version()}};
}

}  // namespace voxlate::app
