#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "voxlate/job.h"

namespace voxlate::store {

inline constexpr std::array kJobStates = {JobState::kQueued, JobState::kProcessing, JobState::kCompleted,
                                          JobState::kFailed, JobState::kCancelled};

/// The columns that `to_job` reads, for SELECT and RETURNING.
#define VOXLATE_JOB_COLUMNS                                                                                     \
  " id, owner, state, priority, source_name, spec, size_bytes, duration_ms, content_type, description, stage, " \
  "fraction,"                                                                                                   \
  " media_done_ms, media_total_ms, attempt, cancel_requested, created_at_ms, run_after_ms, started_at_ms,"      \
  " finished_at_ms, error_code, error_message, files, notes,"                                                   \
  " (SELECT url FROM imports WHERE job_seq = jobs.seq), upload_id, awaits_upload, work_key, cached "

/// Throws `kCorrupt` when a value is not one that was ever written.
Job to_job(const Statement& row);
JobState parse_state(const std::string& name);

std::int64_t to_ms(TimePoint time);
/// Days since 1970, as `owner_days` counts them.
std::int64_t day_of(TimePoint time);

/// JSON of the columns `spec`, `files` and, as texts, `notes` and `cached`.
std::string spec_json(const JobSpec& spec);
std::string files_json(const std::vector<JobFile>& files);
std::string texts_json(const std::vector<std::string>& texts);

}  // namespace voxlate::store
