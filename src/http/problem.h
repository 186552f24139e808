#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/error.h"

namespace voxlate::http {

/// One faulty value of a request. `pointer` is a JSON pointer into the request: "/targets".
struct ProblemItem {
  std::string pointer;
  std::string detail;
};

/// An answer that is not a success, as RFC 9457 has it. `type`, `title` and `status` follow from `code`.
struct Problem {
  std::string code;    ///< stable snake_case name, listed in problem.cpp
  std::string detail;  ///< for a person; nothing of the server's inside
  std::vector<ProblemItem> errors{};
  std::optional<int> retry_after_s{};
  std::string allow{};  ///< of a 405: the methods there are

  int status() const;
  std::string_view title() const;

  /// The `application/problem+json` document.
  std::string json(std::string_view request_id) const;
};

/// What the request was doing when it failed: the media of a client is judged, a model or an account is
/// changed, or anything else.
enum class RequestPhase { kOther, kProbing, kChangingModel, kChangingAccount };

/// No job is accepted, because memory is short.
Problem memory_short();

/// The problem for an Error. The message of `kInternal` and its like stays in the log.
Problem problem_of(const Error& error, RequestPhase phase);

}  // namespace voxlate::http
