// header     := { "__metadata__": { key: text, ... }, name: tensor, ... }
// tensor     := { "dtype": text, "shape": [ integer* ], "data_offsets": [ integer, integer ] }
//
// Read event by event: a document tree would take twenty times the size of a hostile header, and would
// silently keep one of two tensors of the same name.

#include "model_file/safetensors_header.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "model_file/format_error.h"

namespace voxlate::model_file {
namespace {

using nlohmann::json;

constexpr std::uint64_t kHeaderOffset = 8;
constexpr std::size_t kMaxTensors = 65536;
constexpr std::size_t kMaxNameBytes = 512;
constexpr std::size_t kMaxDimensions = 8;
constexpr std::uint64_t kMaxNumber = std::uint64_t{1} << 62U;
constexpr std::string_view kMetadataName = "__metadata__";

/// Takes the events of the parser; the first that is out of place stops it, `problem` saying why.
class HeaderEvents final : public json::json_sax_t {
 public:
  bool null() override { return out_of_place("null"); }
  bool boolean(bool /*value*/) override { return out_of_place("a boolean"); }
  bool number_integer(json::number_integer_t /*value*/) override { return out_of_place("a negative number"); }
  bool number_float(json::number_float_t /*value*/, const std::string& /*text*/) override {
    return out_of_place("a number that is not an integer");
  }
  bool binary(json::binary_t& /*value*/) override { return out_of_place("binary data"); }

  bool number_unsigned(json::number_unsigned_t value) override {
    if (value > kMaxNumber) return out_of_place("a number above 2^62");
    if (place_ == Place::kShape && record_.shape.size() < kMaxDimensions) {
      record_.shape.push_back(static_cast<std::int64_t>(value));
      return true;
    }
    if (place_ == Place::kOffsets && offset_count_ < 2) {
      (offset_count_++ == 0 ? record_.begin : record_.end) = value;
      return true;
    }
    return out_of_place("a number");
  }

  bool string(std::string& text) override {
    if (place_ == Place::kMetadata) return true;
    if (place_ != Place::kTensor || field_ != "dtype" || text.empty() || text.size() > kMaxNameBytes)
      return out_of_place("a text");
    record_.dtype = text;
    return true;
  }

  bool start_object(std::size_t /*size*/) override {
    if (place_ == Place::kFile) return enter(Place::kHeader);
    if (place_ != Place::kHeader) return out_of_place("an object");
    if (record_.name == kMetadataName) return enter(Place::kMetadata);
    if (records.size() == kMaxTensors) return out_of_place(fmt::format("more than {} tensors", kMaxTensors));
    return enter(Place::kTensor);
  }

  bool key(std::string& text) override {
    if (place_ == Place::kMetadata) return true;
    if (text.size() > kMaxNameBytes) return out_of_place("a name that is too long");
    if (place_ == Place::kHeader) {
      record_ = {};
      record_.name = text;
      has_shape_ = false;
      offset_count_ = 0;
    }
    field_ = text;
    return true;
  }

  bool end_object() override {
    if (place_ == Place::kTensor) {
      if (record_.dtype.empty() || !has_shape_ || offset_count_ != 2) return out_of_place("the end of the object");
      records.push_back(std::move(record_));
    }
    return enter(place_ == Place::kHeader ? Place::kFile : Place::kHeader);
  }

  bool start_array(std::size_t /*size*/) override {
    if (place_ == Place::kTensor && field_ == "shape" && !has_shape_) {
      has_shape_ = true;
      return enter(Place::kShape);
    }
    if (place_ == Place::kTensor && field_ == "data_offsets" && offset_count_ == 0) return enter(Place::kOffsets);
    return out_of_place("an array");
  }

  bool end_array() override { return enter(Place::kTensor); }

  bool parse_error(std::size_t position, const std::string& /*last_token*/, const json::exception& /*why*/) override {
    problem = "expected JSON, got a syntax error";
    offset = kHeaderOffset + position;
    return false;
  }

  std::vector<SafetensorsRecord> records;
  std::string problem;
  std::uint64_t offset = kHeaderOffset;

 private:
  enum class Place { kFile, kHeader, kMetadata, kTensor, kShape, kOffsets };

  bool enter(Place place) {
    place_ = place;
    return true;
  }

  bool out_of_place(std::string_view what) {
    problem = fmt::format("tensor {}: expected a dtype, a shape of at most {} extents and two data_offsets, got {}",
                          printable(record_.name), kMaxDimensions, what);
    return false;
  }

  Place place_ = Place::kFile;
  SafetensorsRecord record_;
  std::string field_;
  bool has_shape_ = false;
  int offset_count_ = 0;
};

}  // namespace

std::vector<SafetensorsRecord> parse_safetensors_header(std::string_view json_text, std::string_view file_name) {
  HeaderEvents events;
  if (!json::sax_parse(json_text.begin(), json_text.end(), &events))
    refuse(ErrorCode::kCorrupt, file_name, events.offset, events.problem);
  return std::move(events.records);
}

}  // namespace voxlate::model_file
