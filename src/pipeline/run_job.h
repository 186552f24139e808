#pragma once

#include <functional>
#include <stop_token>
#include <string_view>
#include <vector>

#include "base/workspace.h"
#include "media/media_reader.h"
#include "voxlate/arrival.h"
#include "voxlate/job_store.h"
#include "voxlate/progress.h"
#include "voxlate/stage_timings.h"
#include "voxlate/transcriber.h"
#include "voxlate/translator.h"
#include "voxlate/worker_slots.h"

namespace voxlate::pipeline {

/// Finished pieces of the job at hand: what earlier attempts left, and where new ones go. Thread-safe.
class Checkpoints {
 public:
  virtual ~Checkpoints() = default;

  /// In the order they were saved.
  virtual std::vector<Checkpoint> load(std::string_view stage) const = 0;

  /// Durable when it returns. Throws `kCancelled` when the job no longer belongs to this worker.
  virtual void save(const Checkpoint& checkpoint) = 0;
};

/// What a job is done with. Borrowed: outlives every job.
struct JobTools {
  /// The recogniser named by `JobSpec::engine`; throws `kUnsupported` for an unknown one.
  std::function<Transcriber&(std::string_view engine)> transcriber;
  Translator& translator;
  const media::MediaReader& media;
  StageTimings& timings;
  WorkerSlots* slots = nullptr;  ///< null: any number of tasks may run at once
  /// For a job whose media is still coming in: how far it may be read.
  std::function<WaitForBytes(const Job&)> arrival_of = [](const Job&) { return WaitForBytes(); };
};

/// Does the whole of one job: reads `workspace.source()`, transcribes, translates, writes the subtitle files.
/// Free of threads, SQL and HTTP. Throws Error; `kCancelled` soon after `stop` is requested.
JobOutcome run_job(const Job& job, const Workspace& workspace, const JobTools& tools, Checkpoints& checkpoints,
                   Progress& progress, std::stop_token stop);

/// How much of the whole job is done when `done` of `total` media time of `stage` is, in [0, 1]; grows along
/// the stages. An unknown total counts as nothing done of the stage.
double overall_fraction(const JobSpec& spec, Stage stage, std::chrono::milliseconds done,
                        std::chrono::milliseconds total);

}  // namespace voxlate::pipeline
