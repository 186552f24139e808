#include "app/transcribe_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "app/caches.h"
#include "app/engines.h"
#include "app/media_files.h"
#include "app/own_files.h"
#include "app/progress_line.h"
#include "base/clock.h"
#include "base/temporary_folder.h"
#include "base/workspace.h"
#include "pipeline/job_rules.h"
#include "pipeline/run_job.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr std::uint64_t kMaxResultBytes = std::uint64_t{256} << 20U;

/// A run from the command line starts over when it was stopped, so nothing is kept.
class NoCheckpoints final : public pipeline::Checkpoints {
 public:
  std::vector<Checkpoint> load(std::string_view) const override { return {}; }
  void save(const Checkpoint&) override {}
};

/// Where the result `name` ("talk.es.srt") of `source` goes.
std::filesystem::path destination(const std::filesystem::path& source, const TranscribeRequest& request,
                                  const std::string& name, const std::string& stem_of_name) {
  if (request.output_stem.empty()) return source.parent_path() / name;
  return request.output_stem + name.substr(stem_of_name.size());
}

std::string stem_of(const JobSpec& spec) {
  const std::string name = pipeline::result_name(spec.source_name, "en", "srt");
  return name.substr(0, name.size() - std::string_view(".en.srt").size());
}

void refuse_foreign(const std::filesystem::path& path, const TranscribeRequest& request) {
  if (request.overwrite || is_free_or_own(path)) return;
  throw Error(ErrorCode::kConflict, fmt::format("{} exists and is not what voxlate wrote; move it away, choose another "
                                                "place with -of, or allow --overwrite",
                                                path.string()));
}

/// The names that are known before the work: looks at them now rather than an hour later.
void refuse_foreign_results(const std::filesystem::path& source, const JobSpec& spec,
                            const TranscribeRequest& request) {
  std::vector<std::string> languages = spec.targets;
  if (!spec.language.empty()) languages.push_back(spec.language);
  for (const std::string& language : languages) {
    for (const std::string& format : spec.formats) {
      const std::string name = pipeline::result_name(spec.source_name, language, format);
      refuse_foreign(destination(source, request, name, stem_of(spec)), request);
    }
  }
}

/// A server that cannot be asked now does not keep the rest from working.
void ask_remote_translators(Engines& engines, const std::stop_token& stop) {
  try {
    engines.refresh_translations(stop);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kCancelled) throw;
    fmt::print(stderr, "voxlate: {}\n", error.what());
  }
}

void transcribe_file(const std::filesystem::path& source, const TranscribeRequest& request, const Engines& engines,
                     const std::stop_token& stop) {
  Job job;
  job.spec = request.spec;
  job.spec.source_name = source.filename().string();
  pipeline::complete_spec(job.spec, engines.capabilities());
  const pipeline::JobTools tools = engines.tools();
  job.media = summarise_media(source, job.spec, tools.media);
  refuse_foreign_results(source, job.spec, request);

  const TemporaryFolder folder;
  const Workspace workspace(folder.path());
  workspace.create();
  std::filesystem::create_symlink(std::filesystem::absolute(source), workspace.source());
  NoCheckpoints checkpoints;
  JobOutcome outcome;
  {
    ProgressLine progress(job.spec.source_name, job.spec);
    outcome = pipeline::run_job(job, workspace, tools, checkpoints, progress, stop);
  }
  for (const JobFile& file : outcome.files) {
    const std::string extension = file.name.substr(file.name.rfind('.') + 1);
    const auto& formats = job.spec.formats;
    if (std::find(formats.begin(), formats.end(), extension) == formats.end()) continue;
    const std::filesystem::path path = destination(source, request, file.name, stem_of(job.spec));
    refuse_foreign(path, request);
    write_own_file(path, read_file(workspace.file(file.name), kMaxResultBytes));
    fmt::print("{}\n", path.string());
  }
  for (const std::string& note : outcome.notes) fmt::print(stderr, "{}: {}\n", job.spec.source_name, note);
}

}  // namespace

bool transcribe_files(const Config& config, const TranscribeRequest& request, std::stop_token stop) {
  if (!request.output_stem.empty() && request.files.size() > 1) {
    throw Error(ErrorCode::kInvalidInput, "-of names the results of one file, but several files were given");
  }
  const SystemClock clock;
  NoTimings timings;
  const std::unique_ptr<Cache> translations = make_translation_memory(config, clock);
  Engines engines(config, clock, timings, translations.get());
  if (!request.spec.targets.empty()) ask_remote_translators(engines, stop);
  bool all_done = true;
  for (const std::string& file : request.files) {
    try {
      transcribe_file(file, request, engines, stop);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kCancelled) throw;
      fmt::print(stderr, "voxlate: {}: {}\n", file, error.what());
      all_done = false;
    }
  }
  return all_done;
}

}  // namespace voxlate::app
