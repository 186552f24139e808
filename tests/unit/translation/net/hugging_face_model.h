#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/temporary_folder.h"
#include "model_file/safetensors_file.h"
#include "tests/unit/model_file/model_writer.h"
#include "translation/net/hugging_face_reader.h"

namespace voxlate::translation {

/// A folder of Hugging Face's transformers to be, of a small network; every part of it can be bent before it is
/// written. Width 8, 16 positions; encoder 2 layers, decoder 1.
struct HuggingFaceModel {
  nlohmann::json config;
  std::vector<model_file::WrittenTensor> tensors;  ///< f32

  bool contains(std::string_view name) const;
  model_file::WrittenTensor& tensor(std::string_view name);
  const model_file::WrittenTensor& tensor(std::string_view name) const;
  void remove(std::string_view name);

  /// The same once more under another name.
  void copy(std::string_view name, std::string copy);

  bool is_marian() const { return config["model_type"] == "marian"; }
};

/// With made-up weights, one table for everything, 11 tokens.
HuggingFaceModel make_marian();
HuggingFaceModel make_m2m100();

/// 9 source and 11 target tokens, and a projection of its own; GELU.
HuggingFaceModel make_marian_with_its_own_tables();

/// The same network as CTranslate2's converters write it: names of theirs, queries, keys and values in one matrix,
/// positions in the file. `tokens` of the table are kept; fewer than there are where its last row, the padding token's,
/// is dropped for a zero start. For networks with one table only.
std::string write_ctranslate2(const HuggingFaceModel& model, int tokens);

/// The tensor of positions that both kinds of files may have.
model_file::WrittenTensor make_positions(std::string name);

void write_text(const std::filesystem::path& path, std::string_view text);

/// The folder, and a reader of it.
class WrittenHuggingFaceModel {
 public:
  explicit WrittenHuggingFaceModel(const HuggingFaceModel& model);

  const HuggingFaceReader& reader() const { return *reader_; }

 private:
  const TemporaryFolder folder_;
  const std::string bytes_;
  std::optional<model_file::SafetensorsFile> file_;
  std::optional<HuggingFaceReader> reader_;
};

}  // namespace voxlate::translation
