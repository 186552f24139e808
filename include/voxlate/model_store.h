#pragma once

#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate {

enum class ModelKind { kWhisper, kVoiceActivity, kTranslation };

enum class ModelState {
  kAvailable,    ///< known, and not here
  kDownloading,  ///< asked for; perhaps still behind another download
  kInstalled,    ///< here, and its checksum is the listed one
  kLoaded,       ///< in memory
  kUnlisted,     ///< here, of sound structure, with no listed checksum (yet) to hold against it
  kDamaged,      ///< here, and of no use; `reason` says why
};

constexpr std::string_view to_string(ModelKind kind) {
  switch (kind) {
    case ModelKind::kWhisper: return "whisper";
    case ModelKind::kVoiceActivity: return "vad";
    case ModelKind::kTranslation: return "translation";
  }
  return "whisper";
}

constexpr std::string_view to_string(ModelState state) {
  switch (state) {
    case ModelState::kAvailable: return "available";
    case ModelState::kDownloading: return "downloading";
    case ModelState::kInstalled: return "installed";
    case ModelState::kLoaded: return "loaded";
    case ModelState::kUnlisted: return "unlisted";
    case ModelState::kDamaged: return "damaged";
  }
  return "available";
}

/// One model that can be had or is here.
struct ModelInfo {
  std::string id;    ///< "base-q5_1", "translate-en_es"; of an unlisted file what is between "ggml-" and its extension
  std::string file;  ///< "ggml-base-q5_1.bin"; of a translation model its folder, "translate-en_es-1_9"
  ModelKind kind = ModelKind::kWhisper;
  std::string quantisation;  ///< "f16", "q5_0", …; empty where unknown
  int n_languages = 0;       ///< that it recognises or translates; 1: English; 0: they do not matter to it, or unknown
  std::string source{};      ///< of a translation model, BCP 47; "mul": any of many; empty: unknown
  std::string target{};
  std::string version{};         ///< "1.9", of a translation model where it is known
  std::string newer_version{};   ///< published since; empty: none is known
  std::string licence{};         ///< "CC0"; empty: not known (yet)
  bool non_commercial = false;   ///< its licence forbids commercial use
  bool listed = false;           ///< one of the known models, or in the index of translation packages: can be fetched
  std::uint64_t size_bytes = 0;  ///< 0: not known yet
  std::string sha256;            ///< the listed one, or that of a package when it was fetched; empty: none
  ModelState state = ModelState::kAvailable;
  bool usable = false;                 ///< can be loaded now
  std::string reason;                  ///< of a damaged or refused file, or why the last download failed
  std::uint64_t downloaded_bytes = 0;  ///< of a download under way or broken off

  bool operator==(const ModelInfo&) const = default;
};

/// What can be had, and why it may not be all.
struct ModelOffer {
  std::vector<ModelInfo> models;
  std::string problem;  ///< why the index of translation packages is old or missing; empty: it is neither
};

/// The models of this installation. Thread-safe.
class ModelStore {
 public:
  virtual ~ModelStore() = default;

  /// The known models in the order of their size, then the unlisted ones by id, then translation models by id: those
  /// that are here or on their way.
  virtual std::vector<ModelInfo> list() = 0;

  /// The same with all published translation packages; asks for their index when the last one is a day old, and may
  /// wait for that. Throws `kCancelled`.
  virtual ModelOffer list_offered(std::stop_token stop) = 0;

  /// One model; of a package that is not here its server is asked for the size, and may be waited for.
  /// Throws `kNotFound`, `kUnavailable`, `kTimeout`, `kCancelled`.
  virtual ModelInfo look_up(std::string_view id, std::stop_token stop) = 0;

  /// The ids of the models that are being downloaded or wait for that. Cheap.
  virtual std::vector<std::string> awaited() const = 0;

  /// Asks for a known model or a published package (by id, or by its pair: "en-es") and returns at once; a second
  /// request joins the first, one for an installed model changes nothing, and an older version is replaced. Throws
  /// `kNotFound`, `kConflict` (another file has its name), `kUnsupported` (offline).
  virtual ModelInfo start_download(std::string_view id) = 0;

  /// Frees its memory, at once or as soon as the last job lets go; new jobs load it again. Throws `kNotFound`.
  virtual ModelInfo unload(std::string_view id) = 0;

  /// Cancels its download and deletes what is there of its file. Throws `kNotFound` (nothing is there),
  /// `kConflict` (a job uses it), `kUnsupported` (the file may not be deleted).
  virtual void remove(std::string_view id) = 0;
};

}  // namespace voxlate
