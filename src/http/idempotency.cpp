#include "http/idempotency.h"

#include <array>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/sealed_text.h"
#include "http/fingerprint.h"
#include "http/identify.h"
#include "http/job_request.h"
#include "http/routes.h"

namespace voxlate::http {
namespace {

constexpr std::size_t kMaxKeptBytes = std::size_t{4} << 20U;  // of a body; larger answers are made anew
constexpr std::uint64_t kFormOverheadBytes = 64 * 1024;

/// Shows all of the body that is read to `fingerprint`, while it lives.
class Watched {
 public:
  Watched(BodyReader& body, Fingerprint& fingerprint) : body_(body) {
    body_.watch([&fingerprint](std::string_view bytes) { fingerprint.add_body(bytes); });
  }
  ~Watched() { body_.watch({}); }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

 private:
  BodyReader& body_;
};

/// A request under way with its key: on the disk until it is left, and in memory.
class Run {
 public:
  Run(Api& api, RepeatKey key, std::shared_ptr<KeysInFlight::Hold> hold)
      : hold_(std::move(hold)), api_(api), key_(std::move(key)) {}
  ~Run() {
    if (!open_) return;
    try {
      api_.services.answers.forget(key_);
    } catch (const std::exception& error) {
      log::warning("idempotency key not forgotten", {{"route", key_.route}, {"why", error.what()}});
    }
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// It was carried out: from here on nobody does it again, whether the answer is kept or not.
  void leave() { open_ = false; }

  void keep(const KeptAnswer& answer) { api_.services.answers.keep(key_, answer); }

 private:
  const std::shared_ptr<KeysInFlight::Hold> hold_;
  Api& api_;
  const RepeatKey key_;
  bool open_ = true;
};

/// What only the client has, for answers with secrets.
std::string seal_of(const Request& request, const std::string& key) {
  return find_credentials(request.head, request.secure).value + "\n" + key;
}

/// Reads what the route left of the body; false when it cannot be had, or is longer than any may be.
bool read_rest(const Api& api, Request& request) {
  std::array<char, 16 * 1024> buffer{};
  std::uint64_t total = 0;
  while (const std::size_t size = request.body.read(buffer)) {
    total += size;
    if (total > api.options.max_upload_bytes + kFormOverheadBytes) return false;
  }
  return !request.body.failure();
}

std::string lines_of(const std::vector<Header>& headers) {
  std::string lines;
  for (const Header& header : headers) lines += header.name + ": " + header.value + "\n";
  return lines;
}

void add_lines(Response& response, std::string_view lines) {
  while (!lines.empty()) {
    const auto colon = lines.find(": ");
    const auto end = lines.find('\n');
    response.add(std::string(lines.substr(0, colon)), std::string(lines.substr(colon + 2, end - colon - 2)));
    lines.remove_prefix(end + 1);
  }
}

bool can_be_kept(const Response& response) {
  return response.status < 300 && !response.file && !response.events && response.body.size() <= kMaxKeptBytes;
}

Response run_first(Api& api, Request& request, const Route& route, const std::string& key, std::shared_ptr<Run> run) {
  Fingerprint fingerprint(route.pattern, request);
  const Watched watched(request.body, fingerprint);
  Response response = route.handle(api, request);
  if (response.stream) {
    // Not kept; but nobody begins the same while it lasts.
    response.stream = [run = std::move(run), stream = std::move(response.stream)](StreamSink& sink) { stream(sink); };
    return response;
  }
  if (!can_be_kept(response)) return response;
  const bool whole = read_rest(api, request);
  run->leave();
  if (!whole) return response;
  try {
    const bool sealed = route.repeats == Repeats::kReplaySealed;
    run->keep({.fingerprint = fingerprint.finish(),
               .status = response.status,
               .content_type = response.content_type,
               .headers = lines_of(response.headers),
               .body = sealed ? seal_text(seal_of(request, key), response.body) : response.body});
  } catch (const std::exception& error) {
    log::error("answer not kept", {{"request_id", request.id}, {"why", error.what()}});
  }
  return response;
}

Response replay(Api& api, Request& request, const Route& route, const std::string& key, KeptAnswer answer) {
  Fingerprint fingerprint(route.pattern, request);
  const Watched watched(request.body, fingerprint);
  if (!read_rest(api, request)) {
    return problem_response(
        request.body.failure().value_or(Problem{.code = "too_large", .detail = "The body is too long."}), request);
  }
  if (fingerprint.finish() != answer.fingerprint) {
    return problem_response(
        {.code = "idempotency_key_reused", .detail = "This Idempotency-Key was used before with a different request."},
        request);
  }
  if (route.repeats == Repeats::kReplaySealed) {
    auto text = unseal_text(seal_of(request, key), answer.body);
    if (!text) {
      return problem_response(
          {.code = "idempotency_sealed",
           .detail = "This was carried out. The answer holds a secret, which only the session or "
                     "API key that asked for it sees again; revoke what was made and make another."},
          request);
    }
    answer.body = std::move(*text);
  }
  log::info("idem.replay", {{"rid", request.id}, {"uid", request.caller.user_id}, {"obj", route.pattern}});
  Response response;
  response.status = answer.status;
  response.content_type = std::move(answer.content_type);
  response.body = std::move(answer.body);
  add_lines(response, answer.headers);
  response.add("Idempotent-Replayed", "true");
  return response;
}

}  // namespace

Response answer_repeatable(Api& api, Request& request, const Route& route) {
  if (route.repeats == Repeats::kRun || !request.head.has("idempotency-key")) return route.handle(api, request);
  const auto key = parse_idempotency_key(request.head.value("idempotency-key"));
  if (!key) {
    return problem_response({.code = "invalid_idempotency_key",
                             .detail = "Idempotency-Key must be 16 to 64 characters of A-Z a-z 0-9 _ -."},
                            request);
  }
  RepeatKey name{.owner = request.caller.user_id,
                 .route = std::string(route.method) + " " + std::string(route.pattern),
                 .key = *key};
  auto hold = api.keys.try_take(name.owner + "/" + name.route + "/" + name.key);
  if (!hold) {
    return problem_response({.code = "idempotency_in_flight",
                             .detail = "A request with this Idempotency-Key is under way.",
                             .retry_after_s = 1},
                            request);
  }
  if (route.repeats == Repeats::kWithTheJob) {
    request.idempotency_key = *key;
    return route.handle(api, request);
  }
  auto begun = api.services.answers.begin(name, api.services.clock.now());
  if (auto* answer = std::get_if<KeptAnswer>(&begun)) return replay(api, request, route, *key, std::move(*answer));
  if (std::get<AnswerStore::Begun>(begun) == AnswerStore::Begun::kCutOff) {
    return problem_response({.code = "idempotency_cut_off",
                             .detail = "An earlier request with this Idempotency-Key was cut off: look whether it was "
                                       "carried out, and use a new key for what is still to be done."},
                            request);
  }
  return run_first(api, request, route, *key, std::make_shared<Run>(api, std::move(name), std::move(hold)));
}

}  // namespace voxlate::http
