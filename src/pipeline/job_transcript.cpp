#include "pipeline/job_transcript.h"

#include <unistd.h>

#include <algorithm>
#include <string>

#include "pipeline/stages.h"
#include "subtitles/transcript_json.h"
#include "voxlate/error.h"

namespace voxlate::pipeline {
namespace {

constexpr std::uint64_t kMaxTranscriptBytes = std::uint64_t{256} << 20U;

}  // namespace

Transcript job_transcript(const Job& job, const Workspace& workspace, const JobStore& store) {
  if (job.state == JobState::kCompleted) {
    return subtitles::parse_transcript_json(read_file(workspace.file(kTranscriptFile), kMaxTranscriptBytes));
  }
  const std::vector<Checkpoint> whole = store.checkpoints(job.id, std::string(kTranscriptStage));
  if (!whole.empty()) return subtitles::parse_transcript_json(whole.front().payload);

  Transcript transcript{
      .language = job.spec.language, .engine = job.spec.engine, .duration = {}, .segments = {}, .notes = {}};
  for (const Checkpoint& checkpoint : store.checkpoints(job.id, std::string(kWindowStage))) {
    const Window window = subtitles::parse_window_json(checkpoint.payload);
    transcript.duration = std::max(transcript.duration, window.end);
    transcript.segments.insert(transcript.segments.end(), window.segments.begin(), window.segments.end());
  }
  std::sort(transcript.segments.begin(), transcript.segments.end(),
            [](const Segment& a, const Segment& b) { return a.begin < b.begin; });
  return transcript;
}

}  // namespace voxlate::pipeline
