#include "jobs/watch_folder.h"

#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "base/hashing.h"
#include "base/ids.h"
#include "base/log.h"
#include "jobs/failure_log.h"
#include "jobs/file_names.h"
#include "voxlate/error.h"

// Note [When a file is whole]
//
// A file that is being copied or downloaded looks like any other. It is taken when three things hold: its name is not
// that of a partial download; its size and time did not change between looks for the time to settle; and since the last
// write to it that inotify told of, it was closed (a writer that pauses longer than that keeps it open). Where inotify
// tells nothing, on network file systems, the first two decide. While it is copied, size and time are compared once
// more. Tests: WatchFolderTest.*

namespace voxlate::jobs {
namespace {

constexpr std::size_t kBlockBytes = std::size_t{1} << 20U;
constexpr std::uint64_t kMaxResultBytes = std::uint64_t{1} << 30U;
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM | IN_CREATE | IN_DELETE | IN_ONLYDIR | IN_DONT_FOLLOW;

std::optional<WatchedTree> output_tree(const std::filesystem::path& output) {
  if (output.empty()) return std::nullopt;
  return WatchedTree(output);
}

/// Copies all of it; returns the SHA-256. `kCancelled` when there is more of it than there was.
std::string copy(const UniqueFd& from, const UniqueFd& to, std::uint64_t size_bytes) {
  Sha256 hash;
  std::vector<char> block(kBlockBytes);
  std::uint64_t done = 0;
  for (;;) {
    const ssize_t got = ::read(from.get(), block.data(), block.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw Error(ErrorCode::kInvalidInput, "it cannot be read: " + std::generic_category().message(errno));
    if (got == 0) break;
    const std::string_view bytes(block.data(), static_cast<std::size_t>(got));
    done += bytes.size();
    if (done > size_bytes) throw Error(ErrorCode::kCancelled, "it grows");
    write_all(to.get(), bytes);
    hash.update(bytes);
  }
  sync_file(to.get());
  return hash.finish();
}

/// A copy in the folder of unfinished uploads; gone with the object unless it was moved.
class Copy {
 public:
  explicit Copy(const DataFolder& data) : path_(data.uploads() / random_id()), fd_(create_file(path_)) {}
  ~Copy() {
    std::error_code absent;
    std::filesystem::remove(path_, absent);
  }
  Copy(const Copy&) = delete;
  Copy& operator=(const Copy&) = delete;

  const std::filesystem::path& path() const { return path_; }
  const UniqueFd& fd() const { return fd_; }

 private:
  const std::filesystem::path path_;
  const UniqueFd fd_;
};

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

}  // namespace

WatchFolder::WatchFolder(Options options, JobStore& jobs, WatchStore& memory, const DataFolder& data, ChangeFeed& feed,
                         const Clock& clock, Complete complete, Probe probe, std::function<void()> wake)
    : options_(std::move(options)),
      tree_(options_.folder),
      output_(output_tree(options_.output)),
      jobs_(jobs),
      memory_(memory),
      data_(data),
      feed_(feed),
      clock_(clock),
      complete_(std::move(complete)),
      probe_(std::move(probe)),
      wake_(std::move(wake)),
      inotify_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!inotify_) log::warning("folder is watched by looking only", {{"why", std::generic_category().message(errno)}});
  if (!options_.threads) return;
  thread_ = std::jthread([this](const std::stop_token& stop) {
    FailureLog failures("watched folder");
    while (!stop.stop_requested()) {
      failures.run([&] { look(); });
      const auto until = std::chrono::steady_clock::now() + options_.interval;
      constexpr std::chrono::milliseconds kStopLook{200};
      while (!stop.stop_requested() && std::chrono::steady_clock::now() < until) wait_for_changes(kStopLook);
    }
  });
}

int WatchFolder::look() {
  for (WatchedFile& file : memory_.taken()) settle_accounts(std::move(file));
  const WatchedTree::Listing listing = tree_.list();
  watch(listing.folders);
  wait_for_changes(std::chrono::milliseconds(0));
  std::map<std::string, Seen> still_there;
  int taken = 0;
  for (const WatchedTree::Entry& entry : listing.files) {
    if (is_known(entry)) continue;
    const bool settled = is_settled(entry);
    still_there[entry.path] = seen_[entry.path];
    if (settled && has_room(entry.size_bytes) && take(entry)) ++taken;
  }
  seen_ = std::move(still_there);
  return taken;
}

bool WatchFolder::is_known(const WatchedTree::Entry& entry) const {
  const auto known = memory_.find(entry.path);
  return known && known->size_bytes == entry.size_bytes && known->modified_ns == entry.modified_ns;
}

/// See Note [When a file is whole].
bool WatchFolder::is_settled(const WatchedTree::Entry& entry) {
  const TimePoint now = clock_.now();
  const auto [place, is_new] = seen_.try_emplace(
      entry.path, Seen{.size_bytes = entry.size_bytes, .modified_ns = entry.modified_ns, .since = now});
  Seen& seen = place->second;
  if (!is_new && (seen.size_bytes != entry.size_bytes || seen.modified_ns != entry.modified_ns)) {
    seen = {.size_bytes = entry.size_bytes, .modified_ns = entry.modified_ns, .since = now};
  }
  return entry.size_bytes > 0 && now - seen.since >= options_.settle && !being_written_.contains(entry.path);
}

bool WatchFolder::has_room(std::uint64_t size_bytes) const {
  const auto counts = jobs_.count_by_state();
  const auto queued = counts.find(JobState::kQueued);
  if (queued != counts.end() && queued->second >= options_.max_queued_jobs) return false;
  return data_.space().free_bytes >= size_bytes + options_.min_free_disk_bytes;
}

/// What is missing of the installation is no fault of the file: it waits.
JobSpec WatchFolder::spec_for(const WatchedTree::Entry& entry) const {
  JobSpec spec = options_.spec;
  spec.source_name = safe_source_name(entry.path);
  try {
    complete_(spec);
  } catch (const Error& error) {
    throw Error(ErrorCode::kUnavailable, std::string("watched files wait: ") + error.what());
  }
  return spec;
}

bool WatchFolder::take(const WatchedTree::Entry& entry) {
  if (entry.size_bytes > options_.max_file_bytes) {
    refuse(entry, "", "it is larger than " + std::to_string(options_.max_file_bytes) + " bytes");
    return false;
  }
  JobSpec spec = spec_for(entry);
  WatchedFile file{.path = entry.path, .size_bytes = entry.size_bytes, .modified_ns = entry.modified_ns};
  try {
    const UniqueFd source = tree_.open(entry.path);
    const Copy own(data_);
    file.sha256 = copy(source, own.fd(), entry.size_bytes);
    const WatchedTree::Entry now = WatchedTree::look(source, entry.path);
    if (now.size_bytes != entry.size_bytes || now.modified_ns != entry.modified_ns) return false;  // the next look
    auto known = memory_.find(entry.path);
    if (known && known->sha256 == file.sha256) {  // only touched
      known->modified_ns = entry.modified_ns;
      memory_.remember(*known);
      return false;
    }
    const MediaSummary media = probe_(own.path(), spec);
    return enqueue(file, own.path(), std::move(spec), media);
  } catch (const Error& error) {
    switch (error.code()) {
      case ErrorCode::kInvalidInput:
      case ErrorCode::kUnsupported:
      case ErrorCode::kCorrupt: refuse(entry, file.sha256, error.what()); return false;
      case ErrorCode::kNotFound:
      case ErrorCode::kCancelled: return false;
      default: throw;
    }
  }
}

/// The key leads to the job again when the server was killed before it was remembered.
bool WatchFolder::enqueue(const WatchedFile& file, const std::filesystem::path& copy, JobSpec spec,
                          const MediaSummary& media) {
  NewJob job;
  job.id = random_id();
  job.spec = std::move(spec);
  job.media = media;
  job.media.size_bytes = file.size_bytes;
  job.fingerprint = sha256_hex(file.path + '\n' + std::to_string(file.modified_ns) + '\n' + file.sha256);
  job.idempotency_key = "watched-" + job.fingerprint.substr(0, 48);
  const Workspace workspace = data_.workspace(job.id);
  workspace.create();
  std::filesystem::rename(copy, workspace.source());
  sync_folder(workspace.source().parent_path());
  const EnqueueResult result = jobs_.enqueue(job, clock_.now());
  if (result.replayed) workspace.remove();
  WatchedFile taken = file;
  taken.job_id = result.job.id;
  memory_.remember(taken);
  log::info("watched file taken", {{"job_id", taken.job_id}, {"size_bytes", taken.size_bytes}});
  feed_.publish(ChangeKind::kJob, taken.job_id, "");
  wake_();
  return true;
}

void WatchFolder::refuse(const WatchedTree::Entry& entry, const std::string& sha256, const std::string& why) {
  memory_.remember({.path = entry.path,
                    .size_bytes = entry.size_bytes,
                    .modified_ns = entry.modified_ns,
                    .sha256 = sha256,
                    .state = WatchedState::kRefused,
                    .note = why});
  log::warning("watched file left alone", {{"file", entry.path}, {"why", why}});
}

/// Of a file whose job may have ended.
void WatchFolder::settle_accounts(WatchedFile file) {
  const std::optional<Job> job = jobs_.get(file.job_id);
  if (job && (job->state == JobState::kQueued || job->state == JobState::kProcessing)) return;
  if (!job) {
    file.note = "its job was deleted";
  } else if (job->state == JobState::kCompleted) {
    file.note = write_results(file, *job);
  } else {
    file.note = job->error ? job->error->message : std::string(to_string(job->state));
  }
  file.state = WatchedState::kDone;
  memory_.remember(file);
  log::info("watched file done", {{"job_id", file.job_id}, {"note", file.note}});
}

/// Those in the formats asked for; returns what could not be written.
std::string WatchFolder::write_results(const WatchedFile& file, const Job& job) {
  std::string note;
  for (const JobFile& result : job.files) {
    const auto ending = result.name.substr(result.name.rfind('.') + 1);
    if (std::ranges::find(options_.spec.formats, ending) == options_.spec.formats.end()) continue;
    const std::string path = folder_of(file.path) + result.name;
    const std::string bytes = read_file(data_.workspace(job.id).file(result.name), kMaxResultBytes);
    if (!write_result(file, path, bytes)) note += (note.empty() ? "" : "; ") + result.name + " is somebody else's";
  }
  return note;
}

bool WatchFolder::write_result(const WatchedFile& file, const std::string& path, const std::string& bytes) {
  const WatchedTree& tree = output_ ? *output_ : tree_;
  if (output_) tree.make_folders_for(path);
  const std::string sha256 = sha256_hex(bytes);
  const std::optional<std::string> there = tree.hash(path);
  const auto written = memory_.result(path);
  const bool ours = there && written && written->source == file.path && written->sha256 == *there;
  const bool same = there == sha256;  // also after a kill between writing and remembering
  if (!same && !tree.write(path, bytes, /*replace=*/ours)) {
    log::warning("result not written: there is a file of that name", {{"job_id", file.job_id}, {"file", path}});
    return false;
  }
  memory_.remember_result({.path = path, .source = file.path, .sha256 = sha256});
  return true;
}

void WatchFolder::watch(const std::vector<std::string>& folders) {
  if (!inotify_) return;
  for (const std::string& folder : folders) {
    const int watch = ::inotify_add_watch(inotify_.get(), tree_.absolute(folder).c_str(), kEvents);
    if (watch >= 0) watches_[watch] = folder.empty() ? "" : folder + "/";
  }
}

bool WatchFolder::wait_for_changes(std::chrono::milliseconds time) {
  pollfd wait{.fd = inotify_.get(), .events = POLLIN, .revents = 0};
  if (::poll(&wait, 1, static_cast<int>(time.count())) <= 0) return false;
  alignas(inotify_event) std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const ssize_t got = ::read(inotify_.get(), buffer.data(), buffer.size());
    if (got <= 0) return true;
    for (std::size_t at = 0; at + sizeof(inotify_event) <= static_cast<std::size_t>(got);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      const auto folder = watches_.find(event.wd);
      if ((event.mask & IN_Q_OVERFLOW) != 0) being_written_.clear();
      if (folder != watches_.end() && event.len > 0)
        note_event(folder->second + std::string(buffer.data() + at + sizeof event), event.mask);
      at += sizeof event + event.len;
    }
  }
}

void WatchFolder::note_event(const std::string& path, unsigned mask) {
  if ((mask & IN_MODIFY) != 0) being_written_.insert(path);
  if ((mask & (IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)) != 0) being_written_.erase(path);
}

}  // namespace voxlate::jobs
