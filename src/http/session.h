#pragma once

#include <chrono>
#include <cstdint>
#include <utility>

#include "base/ip_address.h"
#include "http/connection.h"
#include "http/outgoing.h"
#include "http/request_head.h"
#include "http/request_threads.h"

namespace voxlate::http {

/// A connection with the request at hand and the answer to it. It belongs to the loop, and to a request thread
/// while its state is kServing.
struct Session {
  using TimePoint = std::chrono::steady_clock::time_point;
  static constexpr TimePoint kNever = TimePoint::max();

  Session(std::uint64_t session_id, UniqueFd socket, const IpAddress& socket_peer, const Options& options,
          const std::atomic<bool>& bodies_wait)
      : id(session_id), peer(socket_peer), connection(std::move(socket), options, bodies_wait) {}

  const std::uint64_t id;
  const IpAddress peer;  ///< of the socket
  Connection connection;

  RequestHead head{};
  std::uint64_t arrival = 0;  ///< of the request at hand, in the order in which heads came
  Outgoing outgoing{};
  bool answering = false;       ///< the route has run, `outgoing` is under way
  bool close_after = false;     ///< no request may follow this answer
  bool chunked_events = false;  ///< of an event stream: HTTP/1.1

  // The loop's own.
  enum class State {
    kNew,
    kIdle,     ///< nothing of a request has come
    kHead,     ///< a head is coming
    kBody,     ///< the first part of a body is coming
    kServing,  ///< in line for a request thread, or with one
    kWrite,    ///< the client does not take the rest of its answer now
    kEvents,   ///< an event stream
    kLinger,   ///< the last answer is sent; closes when the client does
  };
  State state = State::kNew;
  Lane lane = Lane::kRequest;
  bool counted = false;  ///< among the connections of its address
  bool turned_away = false;
  bool events_ended = false;
  std::uint32_t watched = 0;        ///< events that are asked for
  std::size_t accounted_bytes = 0;  ///< of memory
  TimePoint deadline = kNever;
  TimePoint write_window_end = kNever;
  std::uint64_t write_window_begin_bytes = 0;  ///< sent when the window began
};

}  // namespace voxlate::http
