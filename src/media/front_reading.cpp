#include "media/front_reading.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <string>
#include <string_view>

#include "base/file.h"

namespace voxlate::media {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kHeadBytes = 1024;
constexpr int kMaxBoxes = 1000;

std::string read_at(int fd, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '\0');
  ssize_t got = 0;
  do {
    got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  } while (got < 0 && errno == EINTR);
  if (got < 0) throw_errno("cannot read the file");
  bytes.resize(static_cast<std::size_t>(got));
  return bytes;
}

std::uint64_t big_endian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char c : bytes) value = value << 8U | static_cast<unsigned char>(c);
  return value;
}

bool is_transport_stream(std::string_view head) {
  const auto synchronised = [&](std::size_t first, std::size_t packet) {
    for (std::size_t at = first; at < first + 4 * packet; at += packet) {
      if (at >= head.size() || head[at] != 0x47) return false;
    }
    return true;
  };
  return synchronised(0, 188) || synchronised(4, 192);
}

/// A frame of MPEG audio (layers I to III) or AAC in ADTS.
bool is_audio_frame(std::string_view head) {
  const auto first = static_cast<unsigned char>(head[0]);
  const auto second = static_cast<unsigned char>(head[1]);
  return first == 0xff && (second & 0xe0U) == 0xe0U;
}

bool has_front_signature(std::string_view head) {
  constexpr std::array kSignatures = {"\x1a\x45\xdf\xa3"sv, "fLaC"sv, "OggS"sv, "ID3"sv, ".snd"sv, "FLV"sv};
  const auto begins = [&](std::string_view signature) { return head.starts_with(signature); };
  const std::string_view form = head.substr(8, 4);
  const bool wave = (begins("RIFF") || begins("RF64")) && form == "WAVE";
  const bool aiff = begins("FORM") && (form == "AIFF" || form == "AIFC");
  return std::ranges::any_of(kSignatures, begins) || wave || aiff || is_audio_frame(head) || is_transport_stream(head);
}

/// The index (moov) comes before the media (mdat) in files made for streaming, fragmented ones included; else the
/// index is at the end.
FrontReading walk_boxes(int fd, std::uint64_t available) {
  std::uint64_t offset = 0;
  for (int box = 0; box < kMaxBoxes; ++box) {
    if (offset > available || available - offset < 16) return FrontReading::kNeedsMore;
    const std::string head = read_at(fd, offset, 16);
    if (head.size() < 16) return FrontReading::kNeedsMore;
    std::uint64_t size = big_endian(std::string_view(head).substr(0, 4));
    if (size == 1) size = big_endian(std::string_view(head).substr(8, 8));
    const std::string_view type = std::string_view(head).substr(4, 4);
    if (type == "mdat" || size < 8 || size > std::uint64_t{1} << 62U) return FrontReading::kNo;
    if (type == "moov") return available - offset >= size ? FrontReading::kYes : FrontReading::kNeedsMore;
    offset += size;
  }
  return FrontReading::kNo;
}

}  // namespace

FrontReading front_reading(const std::filesystem::path& path, std::uint64_t available) {
  if (available < kHeadBytes) return FrontReading::kNeedsMore;
  const UniqueFd fd = open_for_reading(path);
  const std::string head = read_at(fd.get(), 0, kHeadBytes);
  if (head.size() < kHeadBytes) return FrontReading::kNeedsMore;
  if (head.substr(4, 4) == "ftyp") return walk_boxes(fd.get(), available);
  return has_front_signature(head) ? FrontReading::kYes : FrontReading::kNo;
}

}  // namespace voxlate::media
