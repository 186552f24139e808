#pragma once

#include <functional>

#include "http/api.h"
#include "http/message.h"

namespace voxlate::http {

struct Route;

// Note [Repeated requests]
//
// A client whose connection broke cannot know whether its request was carried out, so it sends it again, with the same
// Idempotency-Key (draft-ietf-httpapi-idempotency-key-header). The route table says what a route makes of the key:
//
// kReplay: `answer_repeatable` has the key on the disk before the route runs, and the answer when it has run. Between
// the two lies whatever the route does, in transactions of its own. So when the server is killed there, nobody knows
// how far it came: the key then leads to 409 `idempotency_cut_off`, for as long as it is kept, and never to a second
// run. Only successes are kept; after a failure the next request with the key is a first one.
//
// kWithTheJob: `POST /api/jobs` has key and job in one transaction (`JobStore::enqueue`), which the above cannot: after
// a kill there is the job with its key, or neither, and the repetition gets the one or makes the other. What it answers
// is made of the job again, to the byte.
//
// kReplaySealed: the answer shows a secret once, which may not lie in the database. It is kept sealed, with what the
// client signs in with and the key itself; of both the database has hashes only. Whoever repeats the request with the
// same session or API key sees the same bytes; for anybody else it stays closed. With accounts off the key alone seals.
//
// While the first request runs, others with its key get 409 `idempotency_in_flight` at once.
// Tests: IdempotencyTest.*, SqliteAnswerStore.*.
enum class Repeats : std::uint8_t {
  kRun,  ///< the key is not looked at: what is asked for can be repeated, or has a way of its own
  kWithTheJob,
  kReplay,
  kReplaySealed,
};

/// Runs the route, unless the request repeats one that was carried out: then its answer comes again.
Response answer_repeatable(Api& api, Request& request, const Route& route);

}  // namespace voxlate::http
