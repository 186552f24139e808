#include "media/worker_request.h"

#include <limits>

#include "media/wire.h"

namespace voxlate::media {
namespace {

/// Goes first, so that a server does not talk to a worker of another version.
constexpr std::uint32_t kVersion = 0x7678'0002;

enum class Kind : std::uint8_t { kSandbox = 1, kRequest, kStarted, kEnded, kArrival };

constexpr int kMaxInt = std::numeric_limits<int>::max();
constexpr int kMinInt = std::numeric_limits<int>::min();
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kMaxBytes = std::numeric_limits<std::int64_t>::max();

WireWriter packet_of(Kind kind) {
  WireWriter packet;
  packet.put(kVersion);
  packet.put(static_cast<std::uint8_t>(kind));
  return packet;
}

WireReader open_packet(std::string_view bytes, Kind kind) {
  WireReader packet(bytes);
  packet.number<std::uint32_t>(kVersion, kVersion);
  packet.number<std::uint8_t>(static_cast<std::uint8_t>(kind), static_cast<std::uint8_t>(kind));
  return packet;
}

void put_arrival(WireWriter& packet, const Arrival& arrival) {
  packet.put(arrival.bytes);
  packet.put(arrival.expected_bytes);
  packet.put(arrival.whole);
}

Arrival take_arrival(WireReader& packet) {
  Arrival arrival;
  arrival.bytes = packet.number<std::uint64_t>(0, kMaxBytes);
  arrival.expected_bytes = packet.number<std::uint64_t>(0, kMaxBytes);
  arrival.whole = packet.flag();
  return arrival;
}

}  // namespace

std::string to_string(const Sandbox& sandbox) {
  const auto on = [](bool flag) { return flag ? std::string("on") : std::string("off"); };
  return "landlock=" + (sandbox.landlock_abi > 0 ? std::to_string(sandbox.landlock_abi) : std::string("off")) +
         " seccomp=" + on(sandbox.seccomp) + " namespaces=" + on(sandbox.namespaces);
}

std::string encode(const Sandbox& sandbox) {
  WireWriter packet = packet_of(Kind::kSandbox);
  packet.put(sandbox.landlock_abi);
  packet.put(sandbox.seccomp);
  packet.put(sandbox.namespaces);
  return packet.take();
}

std::string encode(const WorkerRequest& request) {
  const Limits& limits = request.limits;
  WireWriter packet = packet_of(Kind::kRequest);
  packet.put(request.task == WorkerTask::kDecode);
  packet.put(request.audio_track.has_value());
  packet.put(request.audio_track.value_or(0));
  packet.put(limits.max_streams);
  packet.put(limits.probe_size_bytes);
  packet.put(limits.max_duration);
  packet.put(limits.open_timeout);
  packet.put(limits.stall_timeout);
  packet.put(limits.max_gap);
  packet.put(limits.min_sample_rate_hz);
  packet.put(limits.max_sample_rate_hz);
  packet.put(limits.max_pixels);
  packet.put(request.arrival.has_value());
  put_arrival(packet, request.arrival.value_or(Arrival{}));
  return packet.take();
}

std::string encode(const Arrival& arrival) {
  WireWriter packet = packet_of(Kind::kArrival);
  put_arrival(packet, arrival);
  return packet.take();
}

std::string encode(const WorkerStarted& started) {
  WireWriter packet = packet_of(Kind::kStarted);
  packet.put(started.process_id);
  return packet.take();
}

std::string encode(const WorkerEnded& ended) {
  WireWriter packet = packet_of(Kind::kEnded);
  packet.put(ended.wait_status);
  return packet.take();
}

Sandbox read_sandbox(std::string_view bytes) {
  WireReader packet = open_packet(bytes, Kind::kSandbox);
  Sandbox sandbox;
  sandbox.landlock_abi = packet.number<int>(0, kMaxInt);
  sandbox.seccomp = packet.flag();
  sandbox.namespaces = packet.flag();
  packet.expect_end();
  return sandbox;
}

WorkerRequest read_request(std::string_view bytes) {
  WireReader packet = open_packet(bytes, Kind::kRequest);
  WorkerRequest request;
  request.task = packet.flag() ? WorkerTask::kDecode : WorkerTask::kProbe;
  const bool has_track = packet.flag();
  const int track = packet.number<int>(kMinInt, kMaxInt);
  if (has_track) request.audio_track = track;
  Limits& limits = request.limits;
  limits.max_streams = packet.number<int>(1, kMaxInt - 1);
  limits.probe_size_bytes = packet.number<std::int64_t>(1, kMaxCount);
  limits.max_duration = packet.time();
  limits.open_timeout = packet.time();
  limits.stall_timeout = packet.time();
  limits.max_gap = packet.time();
  limits.min_sample_rate_hz = packet.number<int>(0, kMaxInt);
  limits.max_sample_rate_hz = packet.number<int>(0, kMaxInt);
  limits.max_pixels = packet.number<std::int64_t>(1, kMaxCount);
  const bool is_arriving = packet.flag();
  const Arrival arrival = take_arrival(packet);
  if (is_arriving) request.arrival = arrival;
  packet.expect_end();
  return request;
}

Arrival read_arrival(std::string_view bytes) {
  WireReader packet = open_packet(bytes, Kind::kArrival);
  const Arrival arrival = take_arrival(packet);
  packet.expect_end();
  return arrival;
}

WorkerStarted read_started(std::string_view bytes) {
  WireReader packet = open_packet(bytes, Kind::kStarted);
  const WorkerStarted started{.process_id = packet.number<pid_t>(0, kMaxInt)};
  packet.expect_end();
  return started;
}

WorkerEnded read_ended(std::string_view bytes) {
  WireReader packet = open_packet(bytes, Kind::kEnded);
  const WorkerEnded ended{.wait_status = packet.number<int>(0, kMaxInt)};
  packet.expect_end();
  return ended;
}

}  // namespace voxlate::media
