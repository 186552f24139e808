#include "pipeline/job_results.h"

#include <unistd.h>

#include <cerrno>

#include "base/file.h"
#include "base/hashing.h"
#include "base/log.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

constexpr std::size_t kReadBytes = std::size_t{256} << 10U;

std::string sha256_of_file(const std::filesystem::path& path, const std::stop_token& stop) {
  const UniqueFd file = open_for_reading(path);
  std::vector<char> buffer(kReadBytes);
  Sha256 hash;
  while (true) {
    if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped on request");
    const ssize_t size = ::read(file.get(), buffer.data(), buffer.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) throw_errno("read the source");
    if (size == 0) return hash.finish();
    hash.update({buffer.data(), static_cast<std::size_t>(size)});
  }
}

}  // namespace

JobResults::JobResults(const Job& job, const Workspace& workspace, const ResultCache* cache, Checkpoints& checkpoints)
    : job_(job), workspace_(workspace), cache_(cache), checkpoints_(checkpoints) {}

std::string JobResults::key_of_source(const std::stop_token& stop) const {
  return cache_->work_key(job_.spec, job_.owner, sha256_of_file(workspace_.source(), stop));
}

std::optional<Transcript> JobResults::find_transcript(const std::stop_token& stop) {
  if (!is_on() || !job_.upload_id.empty()) return std::nullopt;  // what is still coming in has no hash yet
  std::string work_key = job_.work_key;
  if (work_key.empty()) {
    work_key = key_of_source(stop);
    checkpoints_.claim_work(work_key);
  }
  transcript_key_ = cache_->transcript_key(job_.spec, work_key);
  return find(transcript_key_, "transcript");
}

void JobResults::keep_transcript(const Transcript& transcript, int damaged_places, const std::stop_token& stop) {
  if (!is_on() || transcript.makeshift) return;
  if (transcript_key_.empty()) {
    if (damaged_places > 0) return;
    transcript_key_ = cache_->transcript_key(job_.spec, key_of_source(stop));  // all of it has come, as it was heard
  }
  cache_->keep(transcript_key_, transcript);
}

std::optional<Transcript> JobResults::find(const std::string& key, const std::string& what) {
  std::optional<Transcript> found = cache_->find(key);
  if (!found) return std::nullopt;
  cached_.push_back(what);
  log::info("result of an earlier job taken", {{"job_id", job_.id}, {"result", what}});
  return found;
}

}  // namespace voxlate::pipeline
