#pragma once

#include <span>
#include <string>
#include <string_view>

#include "remote/http_client.h"

namespace voxlate::translation {

/// Why a server gave no translation, from an answer with another status than 200: the status, and what it says in
/// `error` or `error.message` when that is fit for a message. It never is where it could quote the key or has a piece
/// of `batch` in it. One short line.
std::string describe_refusal(const remote::HttpAnswer& answer, std::string_view key,
                             std::span<const std::string> batch);

}  // namespace voxlate::translation
