#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "voxlate/error.h"
#include "voxlate/progress.h"

namespace voxlate {

/// Wall-clock time of everything that is stored.
using TimePoint = std::chrono::sys_time<std::chrono::milliseconds>;

enum class JobState { kQueued, kProcessing, kCompleted, kFailed, kCancelled };
enum class Priority { kLow, kNormal, kHigh, kUrgent };

constexpr std::string_view to_string(JobState state) {
  switch (state) {
    case JobState::kQueued: return "queued";
    case JobState::kProcessing: return "processing";
    case JobState::kCompleted: return "completed";
    case JobState::kFailed: return "failed";
    case JobState::kCancelled: return "cancelled";
  }
  return "queued";
}

constexpr std::string_view to_string(Priority priority) {
  switch (priority) {
    case Priority::kLow: return "low";
    case Priority::kNormal: return "normal";
    case Priority::kHigh: return "high";
    case Priority::kUrgent: return "urgent";
  }
  return "normal";
}

/// What the user asked for. Filled from a request or a command line, completed (`language`, `profile`
/// defaults) and checked before it is enqueued.
struct JobSpec {
  std::string source_name;           ///< file name as given, for people; never used as a path
  std::string language;              ///< spoken language, BCP 47; empty: detect
  std::string engine;                ///< `TranscriberInfo::id`; empty: the best one there is
  std::string model;                 ///< `TranscriberModel::id`; empty: the best one of the engine
  bool to_english = false;           ///< the recogniser itself translates what it hears
  std::string prompt;                ///< names and words to expect
  bool vad = true;                   ///< `TranscribeOptions::vad`
  std::vector<std::string> targets;  ///< languages to translate into, BCP 47
  std::string translator;            ///< `TranslateOptions::engine`
  std::string glossary;              ///< `TranslateOptions::glossary`
  std::vector<std::string> formats;  ///< subset of srt vtt txt tsv json
  std::string profile;               ///< subtitle rules; empty: by language
  std::optional<int> audio_track;    ///< index among the audio streams; none: the default one
  Priority priority = Priority::kNormal;
  float temperature = 0;                     ///< `TranscribeOptions::temperature`
  std::chrono::milliseconds audio_begin{};   ///< what comes before it is not listened to
  std::chrono::milliseconds audio_length{};  ///< of what is listened to; 0: to the end
  std::string
      origin{};        ///< the dialect whose client waits for the job with an open request: "openai"; empty: none does
  bool brief = false;  ///< short and waited for: there is a worker that does nothing else
  std::string webhook_url;  ///< told of the end of the job; empty: nobody
  bool cache = true;        ///< what earlier jobs made of the same media will do, and later ones may have this

  bool operator==(const JobSpec&) const = default;
};

/// What is known of the uploaded media since its probe.
struct MediaSummary {
  std::uint64_t size_bytes = 0;
  std::chrono::milliseconds duration{};  ///< 0: the container does not say
  std::string content_type;              ///< for the player: "video/mp4"
  std::string description;               ///< "mov,mp4: video h264 1280x720, audio aac 48000 Hz stereo en"

  bool operator==(const MediaSummary&) const = default;
};

struct JobFile {
  std::string name;          ///< "talk.en.srt"; names a file of the job's workspace
  std::string content_type;  ///< "text/vtt; charset=utf-8"
  std::string language;      ///< BCP 47; empty for files in no one language
  std::uint64_t size_bytes = 0;

  bool operator==(const JobFile&) const = default;
};

struct JobProgress {
  Stage stage = Stage::kWaiting;
  double fraction = 0;                      ///< of the whole job, in [0, 1]
  std::chrono::milliseconds media_done{};   ///< of the current stage
  std::chrono::milliseconds media_total{};  ///< 0: unknown

  bool operator==(const JobProgress&) const = default;
};

struct JobError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;

  bool operator==(const JobError&) const = default;
};

/// One job as stored.
struct Job {
  std::string id;
  std::string owner;  ///< id of the user whose it is; empty: made without accounts
  JobSpec spec;
  MediaSummary media;
  JobState state = JobState::kQueued;
  JobProgress progress;
  int attempt = 0;  ///< attempts started so far
  bool cancel_requested = false;
  TimePoint created_at{};
  TimePoint run_after{};  ///< a queued job is not claimed before this
  std::optional<TimePoint> started_at;
  std::optional<TimePoint> finished_at;
  std::optional<JobError> error;  ///< of the last failed attempt
  std::vector<JobFile> files;
  std::vector<std::string> notes;
  std::string awaited_url;     ///< the source is still to be fetched from there; empty: it is in the workspace
  std::string upload_id;       ///< the media is still coming in by this upload; empty: all of it is there
  bool awaits_upload = false;  ///< too little of it is there to begin; only with `upload_id`
  std::string work_key;        ///< equal for jobs that hear the same of the same media; empty: not known, or no matter
  std::vector<std::string> cached;  ///< what earlier jobs had made: "transcript", languages of translations
};

}  // namespace voxlate
