#include "http/upload_turns.h"

namespace voxlate::http {

std::unique_ptr<UploadTurns::Turn> UploadTurns::take(const std::string& id, const Request& request,
                                                     BodyReader* body) NO_THREAD_SAFETY_ANALYSIS {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  const MutexLock lock(mutex_);
  for (auto found = turns_.find(id); found != turns_.end(); found = turns_.find(id)) {
    Turn& other = *found->second;
    if (other.arrival_ > request.arrival) return nullptr;
    if (!other.over_.exchange(true) && other.body_ != nullptr) other.body_->cut();
    if (ended_.wait_until(mutex_, deadline) == std::cv_status::timeout) return nullptr;
  }
  auto turn = std::make_unique<Turn>(*this, id, body, request.arrival);
  turns_[id] = turn.get();
  return turn;
}

void UploadTurns::end(const Turn& turn) {
  {
    const MutexLock lock(mutex_);
    const auto found = turns_.find(turn.id_);
    if (found != turns_.end() && found->second == &turn) turns_.erase(found);
  }
  ended_.notify_all();
}

}  // namespace voxlate::http
