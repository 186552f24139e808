#include "http/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>

#include "base/ids.h"
#include "base/log.h"
#include "http/api.h"
#include "http/connection.h"
#include "http/connection_pool.h"
#include "http/response_writer.h"
#include "http/routes.h"
#include "http/socket.h"

namespace voxlate::http {
namespace {

constexpr std::chrono::milliseconds kPauseWithoutDescriptors{100};
constexpr std::chrono::hours kLong{1};

Request make_request(const RequestHead& head, BodyReader& body) {
  const auto mark = head.target.find('?');
  return {.head = head,
          .body = body,
          .id = random_id(),
          .path = head.target.substr(0, mark),
          .query = mark == std::string::npos ? std::map<std::string, std::string>()
                                             : parse_query(std::string_view(head.target).substr(mark + 1)),
          .captures = {}};
}

// The address of the other end as text; empty when it has gone.
std::string peer_of(int socket) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (::getpeername(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  const void* bytes = address.ss_family == AF_INET6
                          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in6&>(address).sin6_addr)
                          : static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr);
  return ::inet_ntop(address.ss_family, bytes, text.data(), text.size()) != nullptr ? text.data() : std::string();
}

// The answer to what never became a request: it is closed afterwards, since where the next one begins is not known.
void refuse(Connection& connection, ResponseWriter& writer, const Problem& problem) {
  const RequestHead none;
  const Request request = make_request(none, connection);
  Response response = problem_response(problem, request);
  add_common_headers(response, request.id);
  log::info("request refused", {{"request_id", request.id}, {"code", problem.code}, {"why", problem.detail}});
  if (writer.write("GET", /*minor_version=*/1, std::move(response), /*close=*/true)) connection.close_gently();
}

}  // namespace

class Server::Impl {
 public:
  Impl(Options options, Services services)
      : api_{.options = std::move(options), .services = std::move(services)},
        pool_(api_.options.max_connections, [this](int socket) { serve(socket); }) {}

  int bind() {
    listener_ = listen_on(api_.options.host, api_.options.port);
    return listener_.port;
  }

  void run(const std::stop_token& stop) {
    const std::stop_callback on_stop(stop, [this] {
      api_.draining.request_stop();
      drain_.fire();
    });
    accept_until_drained();
    listener_.fd.reset();
    pool_.finish(api_.options.shutdown_grace);
  }

 private:
  void accept_until_drained() {
    while (true) {
      const auto until = std::chrono::steady_clock::now() + kLong;
      if (poll_socket(listener_.fd.get(), POLLIN, drain_.fd(), until) == PollResult::kWoken) return;
      if (api_.draining.stop_requested()) return;
      try {
        while (UniqueFd socket = accept_connection(listener_.fd.get())) {
          if (!pool_.try_submit(socket)) turn_away(socket.get());
        }
      } catch (const Error& error) {
        log::error("connection not accepted", {{"why", error.what()}});
        poll_socket(/*fd=*/-1, 0, drain_.fd(), std::chrono::steady_clock::now() + kPauseWithoutDescriptors);
      }
    }
  }

  // The socket's buffer is empty, so this does not wait.
  void turn_away(int socket) {
    Connection connection(socket, api_.options, drain_.fd());
    ResponseWriter writer(connection);
    const RequestHead none;
    const Request request = make_request(none, connection);
    Response response = problem_response(
        {.code = "too_many_connections", .detail = "The server has no connection left.", .retry_after_s = 5}, request);
    add_common_headers(response, request.id);
    writer.write("GET", /*minor_version=*/1, std::move(response), /*close=*/true);
  }

  void serve(int socket) {
    try {
      Connection connection(socket, api_.options, drain_.fd());
      ResponseWriter writer(connection);
      const std::string peer = peer_of(socket);
      while (serve_one(connection, writer, peer)) {
      }
    } catch (const std::exception& error) {
      // Not from a route, which maps its own failures: an event stream, or the connection itself.
      log::error("connection failed", {{"why", error.what()}});
    }
  }

  // False when the connection is to be closed.
  bool serve_one(Connection& connection, ResponseWriter& writer, const std::string& peer) {
    const auto next = connection.next_request();
    if (std::holds_alternative<Connection::Ended>(next)) return false;
    if (const auto* problem = std::get_if<Problem>(&next)) {
      refuse(connection, writer, *problem);
      return false;
    }
    const auto& head = std::get<RequestHead>(next);
    Request request = make_request(head, connection);
    request.peer = peer;
    Response response = answer(api_, request);
    const bool whole = connection.finish_body();
    const bool close = !head.keep_alive || !whole || response.stream || api_.draining.stop_requested();
    if (!writer.write(head.method, head.minor_version, std::move(response), close)) return false;
    if (close) connection.close_gently();
    return !close;
  }

  Api api_;
  WakeUp drain_;
  Listener listener_;
  ConnectionPool pool_;
};

Server::Server(Options options, Services services)
    : impl_(std::make_unique<Impl>(std::move(options), std::move(services))) {}

Server::~Server() = default;

int Server::bind() { return impl_->bind(); }

void Server::run(std::stop_token stop) { impl_->run(stop); }

}  // namespace voxlate::http
