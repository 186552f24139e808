// Any bytes as the answer of a media worker: they must end in messages within their bounds or in an Error, and the
// way they are cut into portions must not matter.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "media/worker_messages.h"
#include "media/worker_request.h"
#include "voxlate/error.h"

namespace {

using namespace voxlate::media;

void require(bool condition) {
  if (!condition) std::abort();
}

void check(const WorkerMessage& message) {
  if (const auto* sound = std::get_if<SoundDecoded>(&message)) {
    require(!sound->samples.empty() && sound->samples.size() <= kMaxSoundSamples && sound->damaged_places >= 0);
    for (const float sample : sound->samples) require(sample >= -1 && sample <= 1);
  }
  if (const auto* found = std::get_if<MediaFound>(&message)) describe_tracks(found->info);
  if (const auto* failed = std::get_if<ReadingFailed>(&message)) {
    require(!failed->message.empty() && failed->code != voxlate::ErrorCode::kCancelled);
  }
}

/// The kinds of all messages, -1 behind them for an Error.
std::vector<int> read_in_portions(std::string_view bytes, std::size_t portion) {
  std::vector<int> kinds;
  WorkerMessageParser parser;
  try {
    while (!bytes.empty()) {
      parser.append(bytes.substr(0, portion));
      bytes.remove_prefix(std::min(portion, bytes.size()));
      while (const auto message = parser.next()) {
        check(*message);
        kinds.push_back(static_cast<int>(message->index()));
      }
    }
  } catch (const voxlate::Error&) {
    kinds.push_back(-1);
  }
  return kinds;
}

template <typename Read>
void read_packet(std::string_view bytes, const Read& read) {
  try {
    read(bytes);
  } catch (const voxlate::Error&) {
    return;
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  require(read_in_portions(bytes, size + 1) == read_in_portions(bytes, 7));
  read_packet(bytes, [](std::string_view packet) { read_request(packet); });
  read_packet(bytes, [](std::string_view packet) { read_started(packet); });
  read_packet(bytes, [](std::string_view packet) { read_ended(packet); });
  read_packet(bytes, [](std::string_view packet) { read_sandbox(packet); });
  return 0;
}
