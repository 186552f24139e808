#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace voxlate::translation {

/// What a folder with a translation model is.
struct PackageFacts {
  std::string source;        ///< BCP 47; "mul": many; empty: the folder does not tell
  std::string target;        ///< likewise
  int n_languages = 0;       ///< of a model for many languages, else 2
  std::string version;       ///< "1.9"; empty: unknown
  std::string quantisation;  ///< "int8", "int16", "f16", "bf16", "f32"
  std::string licence;       ///< as the files beside it name it; empty: they do not
  bool non_commercial = false;
  std::uint64_t size_bytes = 0;  ///< of the files that are read
  std::string missing;           ///< what has to be put there before it can translate; empty: nothing
};

/// Where `model.bin` of a package lies: `folder/model` as Argos has it, else the folder itself.
std::filesystem::path model_folder_of(const std::filesystem::path& folder);

/// Looks at a folder: an Argos package (metadata.json, model/, sentencepiece.model or bpe.model), a CTranslate2 folder
/// (model.bin and vocabularies, as OPUS-MT, M2M100 and NLLB are converted) or a Hugging Face one (config.json,
/// model.safetensors). Only structure is checked: the tensors lie inside the file, vocabularies and embeddings agree,
/// a tokeniser is there. `stanza/` is never opened. Nothing when it is no translation model at all.
/// Throws `kCorrupt`, `kUnsupported`, `kTooLarge`, with the name of the file.
std::optional<PackageFacts> inspect_package(const std::filesystem::path& folder);

}  // namespace voxlate::translation
