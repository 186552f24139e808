// A program that speaks to the server as voxlate-media does, but gives the answer that the number of the audio track
// in the request names. What it is, a worker could become that a file has taken over.

#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "base/packet_socket.h"
#include "media/worker_messages.h"
#include "media/worker_request.h"
#include "tests/unit/media/fake_media_worker.h"

namespace {

using namespace voxlate;
using namespace voxlate::media;

constexpr int kControlFd = 3;

std::string sound(std::size_t samples) { return encode_sound(0, std::vector<float>(samples, 0.5F)); }

void answer(int fd, FakeAnswer kind) {
  const std::string opened = encode(TrackOpened{});
  switch (kind) {
    case FakeAnswer::kNoise: return write_all(fd, std::string(100'000, '\x5a'));
    case FakeAnswer::kHugeSize: return write_all(fd, opened + "\xff\xff\xff\xff\x03");
    case FakeAnswer::kHalfMessage: return write_all(fd, opened + sound(100).substr(0, 50));
    case FakeAnswer::kNothing: return;
    case FakeAnswer::kSoundFirst: return write_all(fd, sound(100) + opened);
    case FakeAnswer::kOpenedTwice: return write_all(fd, opened + opened);
    case FakeAnswer::kAsksForWhatIsThere: return write_all(fd, opened + encode(BytesAwaited{.beyond = 0}));
    case FakeAnswer::kEndlessSound:
      write_all(fd, opened);
      while (true) write_all(fd, sound(kMaxSoundSamples));
    case FakeAnswer::kSilence: ::poll(nullptr, 0, /*timeout=*/-1);
  }
}

}  // namespace

int main() {
  ::signal(SIGPIPE, SIG_IGN);
  send_packet(kControlFd, encode(Sandbox{}));
  while (std::optional<Packet> packet = receive_packet(kControlFd)) {
    const WorkerRequest request = read_request(packet->bytes);
    const int line = packet->fds[2].get();
    send_packet(line, encode(WorkerStarted{.process_id = ::getpid()}));
    try {
      answer(packet->fds[1].get(), static_cast<FakeAnswer>(request.audio_track.value_or(0)));
    } catch (const std::exception&) {
      continue;  // the server has heard enough
    }
    send_packet(line, encode(WorkerEnded{.wait_status = 0}));
  }
  return 0;
}
