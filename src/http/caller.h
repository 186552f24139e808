#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace voxlate::http {

/// What a route needs of whoever calls it. An API key may have been given a part of what its user may do.
enum class Access : std::uint8_t {
  kOpen,     ///< anybody: probes, signing in, the files of the browser client
  kRead,     ///< look at what is one's own
  kWrite,    ///< make, change and delete what is one's own
  kAdmin,    ///< what concerns everybody: models, caches, users
  kInspect,  ///< look at what concerns everybody: an administrator, also with a key that may only read
};

/// Who makes a request.
struct Caller {
  enum class Kind : std::uint8_t {
    kLocal,   ///< accounts are off: everything is the local user's
    kNobody,  ///< neither session nor key
    kUser,
  };

  Kind kind = Kind::kLocal;
  std::string user_id{};         ///< of a user
  bool admin = false;            ///< of a user
  Access most = Access::kAdmin;  ///< of a key with less than its user's rights
  std::string session_id{};      ///< of a browser that is signed in; empty: a key, or nobody

  bool may(Access access) const {
    if (access == Access::kOpen || kind == Kind::kLocal) return true;
    if (kind == Kind::kNobody) return false;
    if (access == Access::kInspect) return admin;
    if (access > most) return false;
    return access != Access::kAdmin || admin;
  }

  /// Whether something of this owner exists for the caller. What does not is answered as if it were absent.
  bool sees(std::string_view owner) const {
    return kind == Kind::kLocal || (kind == Kind::kUser && ((admin && most == Access::kAdmin) || user_id == owner));
  }

  /// What `sees` allows, as a filter of lists: none when everything.
  std::optional<std::string> owner_filter() const { return sees("") ? std::nullopt : std::optional(user_id); }
};

}  // namespace voxlate::http
