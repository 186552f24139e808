// The index of Argos:
//
//   index   := [ package* ]
//   package := { "type": "translate", "code": "translate-en_es", "package_version": "1.9", "from_code": "en",
//                "to_code": "es", "links": ["https://…"], … }
//
// Of our own making, and optional: "size" (bytes), "sha256", "license". The cache is {"address": …, "packages": index},
// so that a changed address is noticed.

#include "models/package_index.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"
#include "base/log.h"
#include "models/download_url.h"
#include "voxlate/error.h"

namespace voxlate::models {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kMaxIndexBytes = std::uint64_t{4} << 20U;
constexpr std::uint64_t kMaxCacheBytes = 2 * kMaxIndexBytes;
constexpr std::size_t kMostPackages = 10'000;
constexpr std::size_t kMostLinks = 8;
constexpr std::size_t kLongestText = 2048;
constexpr std::size_t kLongestName = 64;
constexpr std::size_t kDigestLength = 64;
constexpr int kDeepest = 6;
constexpr std::chrono::hours kFreshFor{24};
constexpr std::chrono::minutes kAgainAfter{1};

std::string text_of(const Json& object, const char* key, std::size_t longest = kLongestName) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) return {};
  const auto& text = found->get_ref<const std::string&>();
  return text.size() <= longest ? text : std::string();
}

bool is_made_of(std::string_view text, std::string_view more) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

bool is_version(std::string_view text) {
  return text.size() <= 16 && is_made_of(text, ".") &&
         std::none_of(text.begin(), text.end(), [](char c) { return c >= 'a' && c <= 'z'; }) && text.front() != '.';
}

/// Addresses that an index from `address` may send a download to.
std::vector<std::string> links_of(const Json& object, const std::string& address) {
  std::vector<std::string> links;
  const auto found = object.find("links");
  if (found == object.end() || !found->is_array()) return links;
  for (const Json& link : *found) {
    if (!link.is_string() || links.size() >= kMostLinks) continue;
    const auto& url = link.get_ref<const std::string&>();
    if (url.size() <= kLongestText && may_redirect(address, url)) links.push_back(url);
  }
  return links;
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  return text;
}

void read_extras(const Json& object, TranslationPackage& package) {
  const auto size = object.find("size");
  if (size != object.end() && size->is_number_unsigned()) package.size_bytes = size->get<std::uint64_t>();
  const std::string sha256 = lower(text_of(object, "sha256"));
  const bool is_digest =
      sha256.size() == kDigestLength && sha256.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (is_digest) package.sha256 = sha256;
  package.licence = text_of(object, "license");
  if (package.licence.empty()) package.licence = text_of(object, "licence");
  const std::string licence = lower(package.licence);
  package.non_commercial = licence.find("-nc") != std::string::npos ||
                           licence.find("noncommercial") != std::string::npos ||
                           licence.find("non-commercial") != std::string::npos;
  if (package.id.find("nllb") != std::string::npos) {
    package.non_commercial = true;
    if (package.licence.empty()) package.licence = "CC-BY-NC 4.0";
  }
}

std::optional<TranslationPackage> read_package(const Json& object, const std::string& address, const LanguageTag& tag) {
  if (!object.is_object()) return std::nullopt;
  const std::string type = text_of(object, "type");
  if (!type.empty() && type != "translate") return std::nullopt;
  TranslationPackage package{.id = text_of(object, "code"),
                             .version = text_of(object, "package_version"),
                             .source = text_of(object, "from_code"),
                             .target = text_of(object, "to_code"),
                             .source_tag = {},
                             .target_tag = {},
                             .links = links_of(object, address),
                             .sha256 = {},
                             .licence = {}};
  const auto source = tag(package.source);
  const auto target = tag(package.target);
  if (!source || !target || package.links.empty() || !is_version(package.version)) return std::nullopt;
  if (package.id.empty()) package.id = "translate-" + package.source + "_" + package.target;
  if (!is_made_of(package.id, "_-") || package.id.front() == '-') return std::nullopt;
  package.source_tag = *source;
  package.target_tag = *target;
  read_extras(object, package);
  return package;
}

std::vector<TranslationPackage> read_packages(const Json& index, const std::string& address, const LanguageTag& tag) {
  if (!index.is_array()) throw Error(ErrorCode::kCorrupt, "expected a JSON array of translation packages");
  if (index.size() > kMostPackages) {
    throw Error(ErrorCode::kTooLarge, "expected at most " + std::to_string(kMostPackages) +
                                          " translation packages, got " + std::to_string(index.size()));
  }
  std::map<std::pair<std::string, std::string>, TranslationPackage> newest;
  for (const Json& object : index) {
    auto package = read_package(object, address, tag);
    if (!package) continue;
    auto& known = newest[{package->source, package->target}];
    if (known.id.empty() || is_older_version(known.version, package->version)) known = *std::move(package);
  }
  std::vector<TranslationPackage> packages;
  std::map<std::string, int> ids;
  for (auto& [pair, package] : newest) {
    if (ids[package.id]++ == 0) packages.push_back(std::move(package));
  }
  return packages;
}

Json parse(std::string_view text) {
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth <= kDeepest; };
  return Json::parse(text, shallow, /*allow_exceptions=*/false);
}

/// Numbers up to the next dot, taken off the front.
unsigned next_number(std::string_view& version) {
  unsigned number = 0;
  const std::size_t dot = std::min(version.find('.'), version.size());
  std::from_chars(version.data(), version.data() + dot, number);
  version.remove_prefix(std::min(dot + 1, version.size()));
  return number;
}

}  // namespace

std::string TranslationPackage::folder() const {
  std::string name = id + "-" + version;
  std::replace(name.begin(), name.end(), '.', '_');
  return name;
}

bool is_older_version(std::string_view a, std::string_view b) {
  while (!a.empty() || !b.empty()) {
    const unsigned left = next_number(a);
    const unsigned right = next_number(b);
    if (left != right) return left < right;
  }
  return false;
}

std::vector<TranslationPackage> parse_package_index(std::string_view json, const std::string& address,
                                                    const LanguageTag& tag) {
  return read_packages(parse(json), address, tag);
}

PackageIndex::PackageIndex(Options options, LanguageTag tag, const Clock& clock)
    : options_(std::move(options)), tag_(std::move(tag)), clock_(clock) {
  require_download_url(options_.address);
}

/// Another process may have fetched it: the file decides.
void PackageIndex::load() {
  const auto stamp = stamp_of(options_.cache);
  if (stamp == stamp_) return;
  stamp_ = stamp;
  packages_ = std::make_shared<const std::vector<TranslationPackage>>();
  if (!stamp) return;
  try {
    const Json cache = parse(read_file(options_.cache, kMaxCacheBytes));
    if (!cache.is_object() || text_of(cache, "address", kLongestText) != options_.address) return;
    packages_ = std::make_shared<const std::vector<TranslationPackage>>(
        read_packages(cache.value("packages", Json()), options_.address, tag_));
  } catch (const Error& error) {
    log::warning("index of translation packages not read", {{"why", error.what()}});
  }
}

PackageIndex::Packages PackageIndex::cached() {
  const MutexLock lock(mutex_);
  load();
  return packages_;
}

bool PackageIndex::is_fresh() {
  if (!stamp_ || packages_->empty()) return false;
  const TimePoint written{std::chrono::milliseconds(stamp_->modified_ns / 1'000'000)};
  const auto age = clock_.now() - written;
  return age < kFreshFor && age > -kFreshFor;
}

void PackageIndex::fetch(const std::stop_token& stop) {
  const std::string text = fetch_text(options_.address, kMaxIndexBytes, options_.download, stop);
  Json index = parse(text);
  if (read_packages(index, options_.address, tag_).empty()) {
    throw Error(ErrorCode::kCorrupt, "expected translation packages, got none");
  }
  std::error_code error;
  std::filesystem::create_directories(options_.cache.parent_path(), error);
  const Json cache = {{"address", options_.address}, {"packages", std::move(index)}};
  write_file_atomically(options_.cache, cache.dump(-1, ' ', false, Json::error_handler_t::replace));
}

std::string PackageIndex::refresh(const std::stop_token& stop) {
  const MutexLock one_at_a_time(fetching_);
  {
    const MutexLock lock(mutex_);
    load();
    if (is_fresh()) return {};
    if (options_.offline) return packages_->empty() ? "models.offline is set, and no index was fetched before" : "";
    if (failed_at_ && clock_.now() - *failed_at_ < kAgainAfter) return failure_;
  }
  std::string failure;
  try {
    fetch(stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    failure = std::string("the index of translation packages was not fetched: ") + error.what();
    log::warning("index of translation packages not fetched", {{"why", error.what()}});
  }
  const MutexLock lock(mutex_);
  failed_at_ = failure.empty() ? std::nullopt : std::optional(clock_.now());
  failure_ = failure;
  load();
  return failure;
}

std::optional<TranslationPackage> PackageIndex::find(std::string_view name) {
  const Packages packages = cached();
  std::vector<const TranslationPackage*> of_pair;
  for (const TranslationPackage& package : *packages) {
    if (package.id == name || package.folder() == name) return package;
    const bool is_pair = name == package.source + "-" + package.target ||
                         name == package.source + "_" + package.target ||
                         name == package.source_tag + "-" + package.target_tag;
    if (is_pair) of_pair.push_back(&package);
  }
  return of_pair.size() == 1 ? std::optional(*of_pair.front()) : std::nullopt;
}

std::uint64_t PackageIndex::known_size(const TranslationPackage& package) {
  if (package.size_bytes > 0) return package.size_bytes;
  const MutexLock lock(mutex_);
  const auto known = sizes_.find(package.folder());
  return known == sizes_.end() ? 0 : known->second;
}

TranslationPackage PackageIndex::with_size(TranslationPackage package, const std::stop_token& stop) {
  package.size_bytes = known_size(package);
  if (package.size_bytes > 0) return package;
  if (options_.offline) throw Error(ErrorCode::kUnsupported, "models.offline is set, so no server is asked for a size");
  std::optional<Error> failure;
  for (const std::string& link : package.links) {
    try {
      package.size_bytes = look_up_size(link, options_.download, stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      if (!failure) failure = error;
      continue;
    }
    const MutexLock lock(mutex_);
    sizes_[package.folder()] = package.size_bytes;
    return package;
  }
  throw Error(failure.value_or(Error(ErrorCode::kNotFound, "the index has no address for " + package.id)));
}

}  // namespace voxlate::models
