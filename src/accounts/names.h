#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace voxlate::accounts {

inline constexpr std::size_t kMaxUserNameBytes = 64;
inline constexpr std::size_t kMaxEmailBytes = 254;
inline constexpr std::size_t kMaxLabelBytes = 100;

/// A to Z become a to z: what names and addresses are stored and compared as.
std::string lower_case(std::string_view text);

/// What is wrong with the name or the address of a new user, as a sentence; nothing when it can be used. A name is
/// letters of a to z, digits, ".", "-" and "_", a letter or digit first.
std::optional<std::string> user_name_fault(std::string_view name);
std::optional<std::string> email_fault(std::string_view email);

/// Of the name of a key.
std::optional<std::string> label_fault(std::string_view label);

}  // namespace voxlate::accounts
