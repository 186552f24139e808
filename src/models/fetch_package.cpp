#include "models/fetch_package.h"

#include <optional>
#include <system_error>

#include "models/checksum.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

/// From the first of its addresses that has it. Returns the SHA-256.
std::string download_from_any(const TranslationPackage& package, const DownloadRequest& request,
                              const DownloadOptions& options, const DownloadProgress& progress,
                              const std::stop_token& stop) {
  std::optional<Error> failure;
  for (const std::string& link : package.links) {
    DownloadRequest from = request;
    from.url = link;
    try {
      return download(from, options, progress, stop);
    } catch (const Error& error) {
      const ErrorCode code = error.code();
      const bool is_of_the_server =
          code == ErrorCode::kUnavailable || code == ErrorCode::kNotFound || code == ErrorCode::kTimeout;
      if (!is_of_the_server) throw;
      if (!failure) failure = error;
    }
  }
  throw Error(failure.value_or(Error(ErrorCode::kNotFound, "the index has no address for " + package.id)));
}

bool is_hopeless(ErrorCode code) {
  return code == ErrorCode::kCorrupt || code == ErrorCode::kTooLarge || code == ErrorCode::kUnsupported;
}

}  // namespace

void require_fetchable(const TranslationPackage& package, const ModelSource& source, bool require_listed) {
  if (source.offline) {
    throw Error(ErrorCode::kUnsupported, "models.offline is set, so nothing is downloaded; put " + package.folder() +
                                             ".argosmodel into the models folder by hand");
  }
  if (require_listed && package.sha256.empty()) {
    throw Error(ErrorCode::kUnsupported,
                "models.require_listed is set, and the index lists no checksum of " + package.id);
  }
}

void fetch_package(const TranslationPackage& package, ModelFolder& folder, const ModelSource& source,
                   const DownloadProgress& progress, const std::stop_token& stop) {
  require_fetchable(package, source, folder.requires_listed());
  folder.create();
  PackageFolder& packages = folder.packages();
  const std::string name = package.folder();
  const auto record = packages.record_of(name);
  const bool was_fetched = record && record->origin != PackageOrigin::kByHand;
  const std::string expected = package.sha256.empty() && was_fetched ? record->sha256 : package.sha256;
  const std::filesystem::path archive = packages.archive_of(name);
  std::error_code absent;
  if (!std::filesystem::exists(archive, absent)) {
    if (package.size_bytes == 0) throw Error(ErrorCode::kUnsupported, "no server tells the size of " + package.id);
    const std::string got =
        download_from_any(package, {.url = {}, .target = archive, .size_bytes = package.size_bytes, .sha256 = expected},
                          source.download, progress, stop);
    packages.remember(
        name, {.sha256 = got, .origin = package.sha256.empty() ? PackageOrigin::kFirstUse : PackageOrigin::kListed});
  }
  try {
    packages.install(name, stop);
  } catch (const Error& error) {
    if (is_hopeless(error.code())) std::filesystem::remove(archive, absent);
    throw;
  }
  packages.remove_older(name);
}

}  // namespace voxlate::models
