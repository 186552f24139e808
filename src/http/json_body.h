#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "http/message.h"
#include "http/problem.h"

namespace voxlate::http {

inline constexpr std::size_t kMaxJsonBodyBytes = 16 * 1024;

/// The JSON object that a request sent, read member by member. Faults are collected: read everything, then ask for the
/// problem. What was not asked for is unknown, which is a fault too.
class JsonBody {
 public:
  /// Refuses another content type than application/json (which no page can send elsewhere without asking first), more
  /// than `kMaxJsonBodyBytes`, and what is not an object.
  static std::variant<JsonBody, Problem> read(Request& request);

  JsonBody(JsonBody&&) noexcept;
  ~JsonBody();

  /// A text; nothing when it is absent.
  std::optional<std::string> text(const std::string& name);
  /// A text that must be there; empty otherwise.
  std::string required_text(const std::string& name);
  std::optional<bool> flag(const std::string& name);

  /// A whole number from 0, or null; nothing when it is absent.
  std::optional<std::optional<std::int64_t>> number_or_null(const std::string& name, std::int64_t most);

  /// The members of an object within, as a body of its own whose faults come here with `add_faults_of`.
  std::optional<JsonBody> object(const std::string& name);
  void add_faults_of(const std::string& name, JsonBody&& inner);

  void fault(const std::string& name, std::string detail);

  std::optional<Problem> problem();

 private:
  explicit JsonBody(nlohmann::json document);
  const nlohmann::json* take(const std::string& name);

  std::unique_ptr<nlohmann::json> document_;
  std::vector<std::string> asked_;
  std::vector<ProblemItem> faults_;
};

}  // namespace voxlate::http
