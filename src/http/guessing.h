#pragma once

#include <optional>

#include "http/api.h"
#include "http/message.h"
#include "http/problem.h"

namespace voxlate::http {

struct Route;

/// Slows down whoever asks for ids that do not exist, or not for them: so many a minute
/// (`Options::max_missed_ids_per_minute`) of one user, or of one address where nobody signs in. Then every request for
/// an id gets 429, whether the id exists or not, so that nothing is learnt from it. With accounts off this machine
/// itself is not counted. Names that everybody knows, as those of models, are no ids.

/// Refuses whoever has missed too often.
std::optional<Problem> refuse_guessing(Api& api, const Request& request, const Route& route);

/// Counts the answer, if it is a miss.
void count_miss(Api& api, const Request& request, const Route& route, int status);

}  // namespace voxlate::http
