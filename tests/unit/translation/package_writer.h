#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate::translation {

inline void write_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

/// A matrix of zeros in a CTranslate2 file.
struct WrittenMatrix {
  std::string name;
  std::uint32_t rows = 0;
  std::uint32_t columns = 4;
  bool is_int8 = false;
};

/// model.bin of CTranslate2, version 6.
inline std::string ctranslate2_file(const std::vector<WrittenMatrix>& matrices) {
  std::string bytes;
  const auto put = [&bytes](std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFFU);
  };
  const auto text = [&](const std::string& content) {
    put(static_cast<std::uint32_t>(content.size() + 1), 2);
    bytes += content + '\0';
  };
  put(6, 4);
  text("TransformerSpec");
  put(7, 4);
  put(static_cast<std::uint32_t>(matrices.size()), 4);
  for (const WrittenMatrix& matrix : matrices) {
    const std::uint32_t size = matrix.rows * matrix.columns * (matrix.is_int8 ? 1 : 4);
    text(matrix.name);
    put(2, 1);
    put(matrix.rows, 4);
    put(matrix.columns, 4);
    put(matrix.is_int8 ? 1 : 0, 1);
    put(size, 4);
    bytes += std::string(size, '\0');
  }
  put(0, 4);
  return bytes;
}

/// Of a translator whose sides have as many tokens.
inline std::string translator_file(std::uint32_t source_tokens, std::uint32_t target_tokens) {
  return ctranslate2_file({{.name = "encoder/embeddings_0/weight", .rows = source_tokens},
                           {.name = "encoder/layer_0/self_attention/linear_0/weight", .rows = 12, .is_int8 = true},
                           {.name = "decoder/embeddings/weight", .rows = target_tokens}});
}

inline std::string metadata(const std::string& from, const std::string& to, const std::string& version = "1.0") {
  return R"({"package_version": ")" + version + R"(", "argos_version": "1.9", "from_code": ")" + from +
         R"(", "to_code": ")" + to + R"(", "from_name": "?", "to_name": "?"})";
}

/// A package as Argos lays it out, of three tokens.
inline void write_package(const std::filesystem::path& folder, const std::string& from, const std::string& to,
                          const std::string& version = "1.0") {
  write_file(folder / "metadata.json", metadata(from, to, version));
  write_file(folder / "model/model.bin", translator_file(3, 3));
  write_file(folder / "model/shared_vocabulary.json", R"(["<unk>", "a", "b"])");
  write_file(folder / "sentencepiece.model", "spm");
  write_file(folder / "README.md", "# From Opus\n\nLicense: CC0\n");
}

}  // namespace voxlate::translation
