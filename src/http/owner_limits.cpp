#include "http/owner_limits.h"

#include <chrono>

#include "accounts/accounts.h"

namespace voxlate::http {
namespace {

constexpr int kUploadEndsAfterS = 10;

int seconds_to_midnight(TimePoint now) {
  const auto tomorrow = std::chrono::ceil<std::chrono::days>(now + std::chrono::milliseconds(1));
  return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(tomorrow - now).count());
}

}  // namespace

OwnerLimits limits_of(const Api& api, const Request& request) {
  accounts::Accounts* const accounts = api.services.accounts;
  if (accounts == nullptr) return {};
  const auto user = accounts->store().find_user(request.caller.user_id);
  return user ? accounts->limits_of(*user) : OwnerLimits{.queued_jobs = 0};
}

Problem quota_problem(const Api& api, OwnerLimit exceeded, const OwnerLimits& limits, int place_after_s) {
  Problem problem{
      .code = "quota_exceeded", .detail = {}, .retry_after_s = seconds_to_midnight(api.services.clock.now())};
  switch (exceeded) {
    case OwnerLimit::kNone: break;
    case OwnerLimit::kQueuedJobs:
      problem.detail = "At most " + std::to_string(limits.queued_jobs.value_or(0)) + " jobs of a user may wait.";
      problem.retry_after_s = place_after_s;
      break;
    case OwnerLimit::kStoredBytes:
      problem.detail = "At most " + std::to_string(limits.stored_bytes.value_or(0)) +
                       " bytes of media may be kept; delete jobs that are not needed any more.";
      break;
    case OwnerLimit::kJobsPerDay:
      problem.detail = "At most " + std::to_string(limits.jobs_per_day.value_or(0)) + " jobs a day.";
      break;
    case OwnerLimit::kMediaPerDay: {
      const auto minutes =
          std::chrono::duration_cast<std::chrono::minutes>(limits.media_per_day.value_or(std::chrono::milliseconds(0)));
      problem.detail = "At most " + std::to_string(minutes.count()) + " minutes of media a day.";
      break;
    }
  }
  return problem;
}

OwnerLimit exceeded_early(const Api& api, const Request& request, const OwnerLimits& limits, std::uint64_t size_bytes) {
  if (request.caller.user_id.empty()) return OwnerLimit::kNone;
  NewJob job;
  job.limits = limits;
  job.media.size_bytes = size_bytes;
  return first_exceeded(job, api.services.store.usage_of(request.caller.user_id, api.services.clock.now()));
}

UploadPlace::UploadPlace(Api& api, const Request& request)
    : api_(api),
      user_id_(request.caller.user_id),
      taken_(user_id_.empty() || api.uploads.try_take(user_id_, api.options.max_uploads_per_user)) {}

UploadPlace::~UploadPlace() {
  if (taken_ && !user_id_.empty()) api_.uploads.give_back(user_id_);
}

std::optional<Problem> UploadPlace::refused() const {
  if (taken_) return std::nullopt;
  return Problem{
      .code = "quota_exceeded",
      .detail = "At most " + std::to_string(api_.options.max_uploads_per_user) + " uploads of a user at the same time.",
      .retry_after_s = kUploadEndsAfterS};
}

}  // namespace voxlate::http
