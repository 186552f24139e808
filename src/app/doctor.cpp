#include "app/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <system_error>
#include <utility>
#include <vector>

#include "app/engines.h"
#include "app/media_files.h"
#include "app/neural_translation.h"
#include "app/performance_watch.h"
#include "app/remote_translators.h"
#include "app/version.h"
#include "app/whisper_network.h"
#include "base/child_process.h"
#include "base/file.h"
#include "config/settings.h"
#include "health/gpu_probe.h"
#include "health/sampler.h"
#include "health/worker_plan.h"
#include "translation/apertium_modes.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr double kGibibyte = 1024.0 * 1024 * 1024;

/// Something that is wrong, with what to do about it.
struct Finding {
  bool stops_the_server = false;
  std::string text;
};

/// The nearest folder above `path` that exists: where a data folder would be made.
std::filesystem::path existing_parent(std::filesystem::path path) {
  std::error_code ignored;
  while (!std::filesystem::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

void report_machine(const Config& config, std::vector<Finding>& findings) {
  const SystemClock clock;
  const ResourceSample resources = health::Sampler().look(clock.now());
  const DiskSpace space = disk_space(existing_parent(config.data_dir));
  fmt::print("Machine\n");
  fmt::print("  cores            {}\n", resources.cpu_count);
  fmt::print("  memory           {:.1f} of {:.1f} GiB in use ({})\n",
             static_cast<double>(resources.memory_used_bytes) / kGibibyte,
             static_cast<double>(resources.memory_total_bytes) / kGibibyte, resources.memory_source);
  fmt::print("  disk             {:.1f} of {:.1f} GiB free for {}\n", static_cast<double>(space.free_bytes) / kGibibyte,
             static_cast<double>(space.total_bytes) / kGibibyte, config.data_dir.string());
  fmt::print("  device           {} for Whisper, {} for translation\n", to_string(whisper_device(config)),
             to_string(translation_device(config)));
  for (const GpuStatus& gpu : health::GpuProbe(clock).look()) {
    fmt::print("  GPU {}            {}, {:.1f} GiB, driver {}\n", gpu.index, gpu.name,
               static_cast<double>(gpu.memory_total_bytes) / kGibibyte, gpu.driver);
  }
  if (space.free_bytes < config.min_free_disk_bytes) {
    findings.push_back(
        {.stops_the_server = true,
         .text = fmt::format("only {:.1f} GiB free, uploads need {:.1f} GiB to stay free: free some space, "
                             "choose another --data-dir, or lower server.min_free_disk_bytes",
                             static_cast<double>(space.free_bytes) / kGibibyte,
                             static_cast<double>(config.min_free_disk_bytes) / kGibibyte)});
  }
  if (::access(existing_parent(config.data_dir).c_str(), R_OK | W_OK | X_OK) != 0) {
    findings.push_back({.stops_the_server = true,
                        .text = fmt::format("the data folder {} cannot be written: change its owner or choose another "
                                            "--data-dir",
                                            config.data_dir.string())});
  }
}

/// One line for all targets that an engine has for a source, and for all sources that have the same ones.
void print_routes(const std::vector<TranslationRoute>& routes) {
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> targets;  // of engine and source
  for (const TranslationRoute& route : routes) targets[{route.engine, route.source}].push_back(route.target);
  std::map<std::pair<std::string, std::string>, std::vector<std::string>> sources;  // of engine and targets
  for (const auto& [key, names] : targets)
    sources[{key.first, fmt::format("{}", fmt::join(names, ", "))}].push_back(key.second);
  for (const auto& [key, names] : sources)
    fmt::print("  {:<16} {}\n", fmt::format("{} -> {}", fmt::join(names, ", "), key.second), key.first);
}

void report_engines(const Config& config, std::vector<Finding>& findings) {
  const SystemClock clock;
  NoTimings timings;
  const Engines engines(config, clock, timings, /*translations=*/nullptr);
  const Capabilities capabilities = engines.capabilities();
  fmt::print("Recognisers\n");
  for (const TranscriberInfo& engine : capabilities.engines) {
    fmt::print("  {:<16} {}; languages: {}\n", engine.id, engine.name, fmt::join(engine.languages, ", "));
    for (const TranscriberModel& model : engine.models) {
      fmt::print("  {:<16} model {}, {}{}\n", "", model.id, model.languages.size() == 1 ? "English" : "multilingual",
                 model.translates ? ", translates into English" : "");
    }
    if (!engine.notice.empty()) fmt::print("  {:<16} {}\n", "", engine.notice);
  }
  if (capabilities.engines.empty()) {
    findings.push_back({.stops_the_server = true,
                        .text = "no recogniser: the embedded one needs its model, apt install pocketsphinx-en-us"});
  }
  if (std::none_of(capabilities.engines.begin(), capabilities.engines.end(),
                   [](const TranscriberInfo& engine) { return !engine.models.empty(); })) {
    findings.push_back(
        {.text = fmt::format("no Whisper model is installed: voxlate models get base, or put a ggml file "
                             "into {}",
                             (config.data_dir / "models").string())});
  }
  fmt::print("Translation\n");
  print_routes(capabilities.routes);
  if (!report_remote_translators(config)) {
    findings.push_back({.text = "a server that translates cannot be used now: jobs do without it, or wait for it"});
  }
  if (capabilities.routes.empty()) {
    findings.push_back({.text = "no translation is installed: apt install apertium-eng-spa"});
  }
  for (const translation::UnusableMode& mode : translation::find_apertium_modes(apertium_modes(config)).unusable) {
    fmt::print("  {:<16} not usable: {}\n", mode.name, mode.reason);
  }
}

/// What the worker's own check of its sandbox says.
std::string check_media_sandbox(const std::filesystem::path& program) {
  constexpr std::chrono::seconds kPatience{20};
  ProcessPipeline check(std::array{Command{.program = program.string(), .arguments = {"--check-sandbox"}}});
  check.close_input();
  std::string report;
  std::array<char, 4096> buffer{};
  while (check.wait(/*or_writable=*/false, kPatience)) {
    const ProcessPipeline::ReadResult got = check.read_some(buffer);
    if (got.ended) break;
    report.append(buffer.data(), got.size_bytes);
  }
  return report;
}

void report_media(const Config& config, std::vector<Finding>& findings) {
  const std::unique_ptr<media::MediaReader> reader = make_media_reader(config);
  const std::optional<media::Sandbox> sandbox = reader->sandbox();
  fmt::print("Media\n  {:<16} {}\n", "worker", sandbox ? to_string(*sandbox) : "off");
  if (!sandbox) {
    findings.push_back({.text = "uploads are read within the server: a hostile file that breaks FFmpeg breaks the "
                                "server; media.worker = true reads them in a sandbox"});
    return;
  }
  const std::string check = check_media_sandbox(media_worker_program(config));
  for (std::size_t at = check.find("NOT DENIED"); at != std::string::npos; at = check.find("NOT DENIED", at + 1)) {
    const std::size_t begin = check.rfind('\n', at) + 1;
    findings.push_back({.text = fmt::format("the sandbox of the media worker has a hole here: {}",
                                            check.substr(begin, check.find('\n', at) - begin))});
  }
  if (!sandbox->seccomp) {
    findings.push_back({.stops_the_server = true,
                        .text = "this system has no seccomp, so no media is read: allow it, or set media.worker to "
                                "false to read media within the server"});
  }
  if (sandbox->landlock_abi == 0 || !sandbox->namespaces) {
    findings.push_back({.text = "the sandbox of the media worker has walls missing (a container, or an old kernel); "
                                "seccomp and resource limits still hold"});
  }
}

void report_settings(const Config& config) {
  const SystemClock clock;
  const health::WorkerFacts facts = worker_facts(health::Sampler().look(clock.now()));
  const health::WorkerPlan plan = health::plan_workers(facts, worker_limits(config));
  fmt::print("Workers\n  {:<16} {}\n", "jobs at once", config.max_concurrent_jobs);
  fmt::print("  {:<16} {}\n", "stage tasks",
             config.workers > 0 ? fmt::format("{}, as configured", config.workers) : std::string("as many as optimal"));
  fmt::print("  {}\n", health::worker_line(plan, facts));
  for (const std::string& reason : plan.reasons) fmt::print("  {:<16} {}\n", "", reason);
  fmt::print("Settings\n");
  for (const Setting& setting : settings()) {
    fmt::print("  {:<34} {:<30} {}\n", setting.key, setting.value.show(config),
               config.origins.at(std::string(setting.key)));
  }
}

}  // namespace

bool report_health(const Config& config) {
  std::vector<Finding> findings;
  fmt::print("Versions\n");
  for (const auto& [name, value] : versions()) fmt::print("  {:<16} {}\n", name, value);
  report_machine(config, findings);
  report_media(config, findings);
  report_engines(config, findings);
  report_settings(config);
  for (const Finding& finding : findings) {
    fmt::print("{}: {}\n", finding.stops_the_server ? "WRONG" : "NOTE", finding.text);
  }
  if (findings.empty()) fmt::print("Nothing is wrong.\n");
  return std::none_of(findings.begin(), findings.end(), [](const Finding& f) { return f.stops_the_server; });
}

}  // namespace voxlate::app
