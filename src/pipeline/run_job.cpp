#include "pipeline/run_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "base/log.h"
#include "pipeline/clipped_audio.h"
#include "pipeline/job_rules.h"
#include "pipeline/stages.h"
#include "pipeline/timed_audio.h"
#include "subtitles/cue_layout.h"
#include "subtitles/format.h"
#include "subtitles/profile.h"
#include "subtitles/transcript_json.h"

namespace voxlate::pipeline {
namespace {

/// The windows of the job's checkpoints. Thread-safe.
class CheckpointedWindows final : public WindowLog {
 public:
  explicit CheckpointedWindows(Checkpoints& checkpoints) : checkpoints_(checkpoints) {
    for (const Checkpoint& checkpoint : checkpoints.load(kWindowStage)) {
      finished_.emplace(checkpoint.key, subtitles::parse_window_json(checkpoint.payload));
    }
  }

  std::optional<Window> find(std::chrono::milliseconds begin, std::chrono::milliseconds end) const override {
    const auto found = finished_.find(key_of(begin, end));
    if (found == finished_.end()) return std::nullopt;
    ++resumed_;
    return found->second;
  }

  void add(const Window& window) override {
    checkpoints_.save({.stage = std::string(kWindowStage),
                       .key = key_of(window.begin, window.end),
                       .payload = subtitles::write_window_json(window)});
    ++added_;
  }

  int resumed() const { return resumed_; }
  int added() const { return added_; }

 private:
  static std::string key_of(std::chrono::milliseconds begin, std::chrono::milliseconds end) {
    return fmt::format("{}-{}", begin.count(), end.count());
  }

  Checkpoints& checkpoints_;
  std::map<std::string, Window> finished_;  // filled once; an engine asks only for windows of earlier attempts
  mutable std::atomic<int> resumed_ = 0;
  std::atomic<int> added_ = 0;
};

/// The transcript stored under `stage` and `key`, or the one that `make` gives, which is then stored.
template <typename Make>
Transcript once(Checkpoints& checkpoints, std::string_view stage, std::string_view key, const Make& make) {
  for (const Checkpoint& checkpoint : checkpoints.load(stage)) {
    if (checkpoint.key == key) return subtitles::parse_transcript_json(checkpoint.payload);
  }
  Transcript transcript = make();
  checkpoints.save(
      {.stage = std::string(stage), .key = std::string(key), .payload = subtitles::write_transcript_json(transcript)});
  return transcript;
}

Transcript transcribe(const Job& job, const Workspace& workspace, const JobTools& tools, Checkpoints& checkpoints,
                      Progress& progress, const std::stop_token& stop) {
  return once(checkpoints, kTranscriptStage, "", [&] {
    StageTimer timer(tools.timings, "transcribe");
    const std::unique_ptr<media::TrackReader> whole =
        tools.media.open_audio(workspace.source(), job.spec.audio_track, stop, tools.arrival_of(job));
    ClippedAudio clipped(*whole, job.spec.audio_begin, job.spec.audio_length);
    TimedAudio audio(clipped);
    CheckpointedWindows windows(checkpoints);
    const TranscribeOptions options{.language = job.spec.language,
                                    .model = job.spec.model,
                                    .prompt = job.spec.prompt,
                                    .to_english = job.spec.to_english,
                                    .priority = job.spec.priority,
                                    .temperature = job.spec.temperature,
                                    .vad = job.spec.vad};
    Transcript transcript = tools.transcriber(job.spec.engine).transcribe(audio, options, windows, progress, stop);
    timer.finish(transcript.duration);
    tools.timings.record("read", audio.waited(), transcript.duration);
    if (whole->damaged_places() > 0) {
      transcript.notes.push_back(fmt::format("The audio is damaged in {} places; what was said there may be missing.",
                                             whole->damaged_places()));
    }
    log::info("transcribed", {{"job_id", job.id},
                              {"audio_ms", transcript.duration.count()},
                              {"windows", windows.added() + windows.resumed()},
                              {"resumed", windows.resumed()}});
    return transcript;
  });
}

/// The formats asked for, and WebVTT, which the player needs.
std::set<subtitles::Format> wanted_formats(const JobSpec& spec) {
  std::set<subtitles::Format> formats{subtitles::Format::kVtt};
  for (const std::string& name : spec.formats) formats.insert(subtitles::parse_format(name));
  return formats;
}

const subtitles::Profile& profile_of(const JobSpec& spec, const std::string& language) {
  return spec.profile.empty() ? subtitles::default_profile_for(language) : subtitles::find_profile(spec.profile);
}

void write_results(const JobSpec& spec, const Transcript& transcript, const Workspace& workspace, StageTimings& timings,
                   JobOutcome& outcome) {
  StageTimer layout(timings, "layout");
  const std::vector<Cue> cues = subtitles::make_cues(transcript, profile_of(spec, transcript.language));
  layout.finish(transcript.duration);
  StageTimer writing(timings, "write");
  for (const subtitles::Format format : wanted_formats(spec)) {
    const std::string content = subtitles::render(format, transcript, cues);
    const std::string name = result_name(spec.source_name, transcript.language, subtitles::extension(format));
    workspace.write_atomically(name, content);
    outcome.files.push_back({.name = name,
                             .content_type = std::string(subtitles::content_type(format)),
                             .language = transcript.language,
                             .size_bytes = content.size()});
  }
  writing.finish(transcript.duration);
  outcome.notes.insert(outcome.notes.end(), transcript.notes.begin(), transcript.notes.end());
}

/// Reports part `index` of `count` equal parts of a stage as a share of the whole stage. Thread-safe.
class PartProgress final : public Progress {
 public:
  PartProgress(Progress& whole, std::size_t index, std::size_t count)
      : whole_(whole), index_(static_cast<int>(index)), count_(static_cast<int>(count)) {}

  void update(Stage stage, std::chrono::milliseconds done, std::chrono::milliseconds total) override {
    whole_.update(stage, index_ * total + done, count_ * total);
  }

 private:
  Progress& whole_;
  const int index_;
  const int count_;
};

void check(const std::stop_token& stop) {
  if (stop.stop_requested()) throw Error(ErrorCode::kCancelled, "stopped on request");
}

}  // namespace

JobOutcome run_job(const Job& job, const Workspace& workspace, const JobTools& tools, Checkpoints& checkpoints,
                   Progress& progress, std::stop_token stop) {
  JobOutcome outcome;
  StageTimer whole(tools.timings, "job");
  std::vector<Transcript> texts{transcribe(job, workspace, tools, checkpoints, progress, stop)};
  if (texts.front().segments.empty()) outcome.notes.emplace_back("No speech was found in the audio.");

  const std::vector<std::string>& targets = job.spec.targets;
  for (std::size_t i = 0; i < targets.size(); ++i) {
    check(stop);
    const Transcript& original = texts.front();
    if (primary_language(targets[i]) == primary_language(original.language)) {
      outcome.notes.push_back(
          fmt::format("The speech is in {} already; it was not translated to {}.", original.language, targets[i]));
      continue;
    }
    PartProgress part(progress, i, targets.size());
    const TranslateOptions options{.engine = job.spec.translator,
                                   .glossary = job.spec.glossary,
                                   .max_characters_per_second = profile_of(job.spec, targets[i]).max_cps};
    texts.push_back(once(checkpoints, kTranslationStage, targets[i], [&] {
      const WorkerPlace place(tools.slots, job.spec.brief ? WorkerPlace::Wait::kNot : WorkerPlace::Wait::kInTurn, stop);
      check(stop);
      StageTimer timer(tools.timings, "translate");
      Transcript text = tools.translator.translate(original, targets[i], options, part, stop);
      timer.finish(original.duration);
      return text;
    }));
  }

  check(stop);
  const std::chrono::milliseconds duration = texts.front().duration;
  progress.update(Stage::kWriting, std::chrono::milliseconds(0), duration);
  workspace.write_atomically(kTranscriptFile, subtitles::write_transcript_json(texts.front()));
  for (const Transcript& text : texts) write_results(job.spec, text, workspace, tools.timings, outcome);
  progress.update(Stage::kWriting, duration, duration);
  whole.finish(duration);
  return outcome;
}

double overall_fraction(const JobSpec& spec, Stage stage, std::chrono::milliseconds done,
                        std::chrono::milliseconds total) {
  // Translating a target costs about a tenth of recognising it, writing next to nothing.
  const double transcribing = 10.0;
  const double translating = static_cast<double>(spec.targets.size());
  const double writing = 0.2;
  const double whole = transcribing + translating + writing;
  const double part =
      total.count() <= 0 ? 0.0
                         : std::clamp(static_cast<double>(done.count()) / static_cast<double>(total.count()), 0.0, 1.0);
  switch (stage) {
    case Stage::kWaiting: return 0.0;
    case Stage::kTranscribing: return transcribing * part / whole;
    case Stage::kTranslating: return (transcribing + translating * part) / whole;
    case Stage::kWriting: return (transcribing + translating + writing * part) / whole;
  }
  return 0.0;
}

}  // namespace voxlate::pipeline
