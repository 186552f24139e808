#pragma once

#include <optional>
#include <string>
#include <variant>

#include "voxlate/job.h"

namespace voxlate {

/// One request among all that ask for the same thing.
struct RepeatKey {
  std::string owner;  ///< as `Job::owner`
  std::string route;  ///< "POST /api/keys"
  std::string key;    ///< the client's Idempotency-Key
};

/// The answer to a request that was carried out, for whoever sends it again.
struct KeptAnswer {
  std::string fingerprint;  ///< SHA-256 of what was asked
  int status = 0;           ///< 200 to 299
  std::string content_type{};
  std::string headers{};  ///< lines "Name: value\n"
  std::string body{};     ///< bytes

  bool operator==(const KeptAnswer&) const = default;
};

/// What clients' Idempotency-Keys led to, for `kAnswersKept`. Each call is one transaction that is on disk when it
/// returns; thread-safe. Keys are stored as SHA-256, so that nobody can use what the database holds.
class AnswerStore {
 public:
  static constexpr std::chrono::hours kAnswersKept{24};

  virtual ~AnswerStore() = default;

  enum class Begun {
    kNew,    ///< the key is the caller's, who carries the request out and then calls `keep` or `forget`
    kCutOff  ///< a request with this key began before, and nobody kept its answer (yet)
  };

  /// Begins a request, or finds the answer that an earlier one with the same key was given. Keys that are older are
  /// forgotten. Throws `kStorageFull`.
  virtual std::variant<Begun, KeptAnswer> begin(const RepeatKey& key, TimePoint now) = 0;

  /// The request was carried out. False when the key was forgotten meanwhile.
  virtual bool keep(const RepeatKey& key, const KeptAnswer& answer) = 0;

  /// The request was not carried out: the next one with the same key is the first.
  virtual void forget(const RepeatKey& key) = 0;

  /// Forgets what is older than `kAnswersKept`; returns how many.
  virtual int sweep(TimePoint now) = 0;
};

}  // namespace voxlate
