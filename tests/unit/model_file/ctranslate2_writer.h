#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace voxlate::model_file {

template <typename Number>
std::string bytes_of(Number number) {
  std::string bytes(sizeof number, '\0');
  std::memcpy(bytes.data(), &number, sizeof number);
  return bytes;
}

/// How a CTranslate2 file numbers the types of its variables from binary version 4 on.
enum class WrittenType : std::uint8_t { kF32, kI8, kI16, kI32, kF16, kBF16 };

inline std::uint8_t bytes_each(WrittenType type) {
  constexpr std::uint8_t kBytes[] = {4, 1, 2, 4, 2, 2};
  return kBytes[static_cast<std::size_t>(type)];
}

struct WrittenVariable {
  std::string name;
  WrittenType type = WrittenType::kF32;
  std::vector<std::uint32_t> shape;  ///< none for a single number
  std::string data;
};

/// A CTranslate2 file to be; every part of it can be bent before it is written.
struct WrittenCTranslate2 {
  std::uint32_t version = 6;  ///< of the binary format
  std::string spec = "TransformerSpec";
  std::uint32_t revision = 7;
  std::vector<WrittenVariable> variables;
  std::vector<std::pair<std::string, std::string>> aliases;  ///< and the names behind them; written from version 3 on

  /// Null: there is none.
  WrittenVariable* find(const std::string& name) {
    const auto found = std::find_if(variables.begin(), variables.end(),
                                    [&](const WrittenVariable& variable) { return variable.name == name; });
    return found == variables.end() ? nullptr : &*found;
  }
  WrittenVariable& at(const std::string& name) {
    return variables.at(static_cast<std::size_t>(find(name) - &variables[0]));
  }
  void remove(const std::string& name) { variables.erase(variables.begin() + (&at(name) - variables.data())); }
};

inline std::string written_text(const std::string& text) {
  return bytes_of(static_cast<std::uint16_t>(text.size() + 1)) + text + '\0';
}

inline std::string write_ctranslate2(const WrittenCTranslate2& file) {
  std::string bytes = bytes_of(file.version);
  if (file.version >= 2) bytes += written_text(file.spec) + bytes_of(file.revision);
  bytes += bytes_of(static_cast<std::uint32_t>(file.variables.size()));
  for (const WrittenVariable& variable : file.variables) {
    bytes += written_text(variable.name) + static_cast<char>(variable.shape.size());
    for (const std::uint32_t extent : variable.shape) bytes += bytes_of(extent);
    const auto size = static_cast<std::uint32_t>(variable.data.size());
    if (file.version >= 4)
      bytes += static_cast<char>(variable.type) + bytes_of(size) + variable.data;
    else
      bytes +=
          static_cast<char>(bytes_each(variable.type)) + bytes_of(size / bytes_each(variable.type)) + variable.data;
  }
  if (file.version < 3) return bytes;
  bytes += bytes_of(static_cast<std::uint32_t>(file.aliases.size()));
  for (const auto& [alias, name] : file.aliases) bytes += written_text(alias) + written_text(name);
  return bytes;
}

/// A number that describes the model.
inline WrittenVariable written_number(std::string name, float value, WrittenType type = WrittenType::kI8) {
  WrittenVariable variable{.name = std::move(name), .type = type, .shape = {}, .data = {}};
  switch (type) {
    case WrittenType::kI8: variable.data = bytes_of(static_cast<std::int8_t>(value)); break;
    case WrittenType::kI16: variable.data = bytes_of(static_cast<std::int16_t>(value)); break;
    case WrittenType::kI32: variable.data = bytes_of(static_cast<std::int32_t>(value)); break;
    default: variable.data = bytes_of(value); variable.type = WrittenType::kF32;
  }
  return variable;
}

/// The f16 next to a number that f16 holds normally, towards zero.
inline std::uint16_t f16_below(float value) {
  const auto bits = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t exponent = (bits >> 23U) & 255U;
  const auto sign = static_cast<std::uint16_t>((bits >> 16U) & 0x8000U);
  if (exponent < 113) return sign;  // zero in place of a subnormal
  return static_cast<std::uint16_t>(sign | ((exponent - 112) << 10U) | ((bits >> 13U) & 1023U));
}

inline std::uint16_t bf16_below(float value) {
  return static_cast<std::uint16_t>(std::bit_cast<std::uint32_t>(value) >> 16U);
}

}  // namespace voxlate::model_file
