#pragma once

#include <cstdint>
#include <memory>

#include "http/api.h"

namespace voxlate::http {

/// Room on the disk for `bytes` more, besides what resumable uploads still have to bring; null when there is none.
std::unique_ptr<SpaceLedger::Reservation> reserve_space(Api& api, std::uint64_t bytes);

Problem no_space();

}  // namespace voxlate::http
