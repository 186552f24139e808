#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/change_feed.h"
#include "base/file.h"
#include "http/caller.h"
#include "http/problem.h"
#include "http/request_head.h"

namespace voxlate::http {

/// The body of the request at hand, pulled.
class BodyReader {
 public:
  virtual ~BodyReader() = default;

  /// Fills `out` from the front; 0 at the end of the body and after a failure.
  virtual std::size_t read(std::span<char> out) = 0;

  /// Why the body ended early: too slow, broken framing, or the client went away.
  virtual const std::optional<Problem>& failure() const = 0;

  /// The client has closed its end: nobody waits for an answer.
  virtual bool client_gone() const { return false; }

  /// From now on `see` gets all bytes that `read` hands out; empty: nobody does.
  virtual void watch(std::function<void(std::string_view)> see) { static_cast<void>(see); }

  /// Lets a read that waits for the client end soon, as if the client had gone away. From any thread, while the
  /// request lives.
  virtual void cut() {}
};

/// How a family of clients expects to be told what went wrong.
enum class ErrorShape : std::uint8_t {
  kProblem,  ///< RFC 9457, of our own API
  kOpenAi,   ///< {"error": {"message", "type", "param", "code"}}
  kText,     ///< {"error": "why"}: LibreTranslate, whisper.cpp
  kDetail,   ///< {"detail": "why"}: whisper-asr-webservice
};

struct Request {
  const RequestHead& head;
  BodyReader& body;
  std::string id;                               ///< of this request, in its answer and in the log
  std::string path;                             ///< as sent, without the query
  std::map<std::string, std::string> query;     ///< decoded; of a repeated name the last
  std::map<std::string, std::string> captures;  ///< decoded `{name}` parts of the route's pattern
  RequestPhase phase = RequestPhase::kOther;
  std::string peer{};         ///< address of the client, as text; what a trusted proxy says it is
  bool secure = false;        ///< came over https to a trusted proxy
  std::uint64_t arrival = 0;  ///< its place in the order in which the heads of requests came
  Caller caller{};
  ErrorShape error_shape = ErrorShape::kProblem;
  std::string idempotency_key{};       ///< which the caller holds; of routes that store it themselves
  std::vector<Header> more_headers{};  ///< of the answer, whatever it will be
};

/// Where a long answer goes, piece by piece.
class StreamSink {
 public:
  virtual ~StreamSink() = default;

  /// Waits while the client takes nothing. False when the client is gone: stop.
  virtual bool write(std::string_view bytes) = 0;
  virtual bool client_gone() const = 0;
};

/// A place among the event streams that the server holds; free again when the object is gone.
class StreamPlace;

/// What an event stream tells.
struct EventSubscription {
  ChangeFeed::Interest interest;
  std::optional<std::uint64_t> after;   ///< sequence of the last change that the client has seen
  std::function<bool()> still_allowed;  ///< asked every second; the stream ends once it is not
  std::shared_ptr<const StreamPlace> place;
  bool system = false;  ///< how the machine and the server do, each second, instead of changes of jobs
};

/// A stretch of an open file.
struct FileBody {
  std::shared_ptr<const UniqueFd> fd;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct Response {
  int status = 200;
  std::string content_type;  ///< empty: there is no body
  std::vector<Header> headers;
  std::string body;
  std::optional<FileBody> file;             ///< instead of `body`
  std::optional<EventSubscription> events;  ///< instead of `body`: an event stream, until the client goes
  std::function<void(StreamSink&)> stream;  ///< instead of `body`: writes until it returns, on the request's thread

  void add(std::string name, std::string value) {
    headers.push_back({.name = std::move(name), .value = std::move(value)});
  }
};

Response json_response(int status, std::string document);

/// In the shape that the route's clients understand.
Response problem_response(const Problem& problem, const Request& request);

/// "%41" decoded, "+" kept; nothing when a percent sign starts no code.
std::optional<std::string> decode_percent(std::string_view text);
std::string encode_percent(std::string_view text);

/// "a=1&b=2" of a target's query; "+" is a space. Malformed codes stay as they are.
std::map<std::string, std::string> parse_query(std::string_view query);

}  // namespace voxlate::http
