#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <variant>

#include "models/verified_files.h"
#include "voxlate/error.h"

namespace voxlate::models {

/// What was found in files or folders, so that each content is looked into once only. Not thread-safe.
template <typename Facts>
class Inspections {
 public:
  /// Facts, or what is wrong with the content: what `inspect` threw as Error.
  using Result = std::variant<Facts, std::string>;

  /// Calls `inspect` where the stamp is not that of the last time. The result stands until the next call.
  const Result& of(const std::filesystem::path& path, const FileStamp& stamp,
                   const std::function<Facts(const std::filesystem::path&)>& inspect) {
    const auto known = found_.find(path);
    if (known != found_.end() && known->second.stamp == stamp) return known->second.result;
    Entry entry{.stamp = stamp, .result = {}};
    try {
      entry.result = inspect(path);
    } catch (const Error& error) {
      entry.result = std::string(error.what());
    }
    return found_.insert_or_assign(path, std::move(entry)).first->second.result;
  }

 private:
  struct Entry {
    FileStamp stamp;
    Result result;
  };

  std::map<std::filesystem::path, Entry> found_;
};

}  // namespace voxlate::models
