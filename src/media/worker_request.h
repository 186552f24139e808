#pragma once

// What the server and the process that makes media workers tell each other, in packets of one socket:
//
//   starter -> server   sandbox                    once, when it is ready
//   server -> starter   request, with two descriptors: the file to read, the pipe to answer into,
//                       and a third: the worker's line
//   starter -> line     started                    the worker runs
//                       ended                      how it ended; then the line is closed
//   server closes the line: the worker is killed
//
// With a file that is still coming in, the request has a fourth descriptor: the worker's socket of arrivals.
//   server -> arrivals  arrival                    the answer to each `BytesAwaited`: how far it may read now

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>

#include "media/limits.h"
#include "media/sandbox.h"
#include "voxlate/arrival.h"

namespace voxlate::media {

enum class WorkerTask { kProbe, kDecode };

struct WorkerRequest {
  WorkerTask task = WorkerTask::kProbe;
  std::optional<int> audio_track;
  Limits limits;
  std::optional<Arrival> arrival{};  ///< none: the whole file is there
};

struct WorkerStarted {
  pid_t process_id = 0;  ///< 0: there are too many already, or too little memory for one more
};

/// As waitpid gives it.
struct WorkerEnded {
  int wait_status = 0;
};

// The readers throw `kCorrupt` for anything but a packet of that kind.
std::string encode(const Sandbox& sandbox);
std::string encode(const WorkerRequest& request);
std::string encode(const Arrival& arrival);
std::string encode(const WorkerStarted& started);
std::string encode(const WorkerEnded& ended);
Sandbox read_sandbox(std::string_view packet);
WorkerRequest read_request(std::string_view packet);
Arrival read_arrival(std::string_view packet);
WorkerStarted read_started(std::string_view packet);
WorkerEnded read_ended(std::string_view packet);

}  // namespace voxlate::media
