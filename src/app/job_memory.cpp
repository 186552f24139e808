#include "app/job_memory.h"

#include <algorithm>
#include <string_view>

#include "models/model_memory.h"
#include "pipeline/job_rules.h"

namespace voxlate::app {
namespace {

constexpr std::uint64_t kMegabyte = 1 << 20;
constexpr std::uint64_t kEachJob = 64 * kMegabyte;  ///< its media worker, text, results
constexpr std::uint64_t kSphinxDecoder = 150 * kMegabyte;
constexpr std::chrono::seconds kWindow{25};  ///< of sound, on the average

bool is_in_memory(const MemoryFacts& facts, std::string_view id) {
  return std::ranges::any_of(facts.loaded, [&](const models::LoadedModel& loaded) { return loaded.key.model == id; });
}

/// Windows of the job that are decoded at once.
double windows_of(const Job& job, const MemoryFacts& facts) {
  if (job.media.duration.count() == 0) return facts.max_windows;
  return std::min<double>(facts.max_windows, 1.0 + static_cast<double>(job.media.duration / kWindow));
}

std::uint64_t recogniser_memory(const Job& job, const MemoryFacts& facts) {
  const auto model = std::ranges::find_if(facts.files, [&](const models::ModelFile& file) {
    return file.info.id == job.spec.model && file.info.kind == ModelKind::kWhisper;
  });
  if (model == facts.files.end()) return static_cast<std::uint64_t>(facts.sphinx_decoders) * kSphinxDecoder;
  std::uint64_t bytes = models::memory_of_windows(model->info, windows_of(job, facts));
  if (!is_in_memory(facts, job.spec.model)) bytes += models::memory_of_weights(model->info, facts.computes_integers);
  return bytes;
}

/// The largest model that may be loaded for the target: which one it will be depends on the language that is heard.
std::uint64_t translator_memory(std::string_view target, const MemoryFacts& facts) {
  std::uint64_t most = 0;
  for (const models::ModelFile& file : facts.files) {
    if (file.info.kind != ModelKind::kTranslation || !file.info.usable || is_in_memory(facts, file.info.id)) continue;
    const bool is_for_target =
        file.info.target == "mul" || pipeline::primary_language(file.info.target) == pipeline::primary_language(target);
    if (is_for_target) most = std::max(most, models::memory_of_weights(file.info, facts.computes_integers));
  }
  return most;
}

}  // namespace

std::uint64_t memory_needed(const Job& job, const MemoryFacts& facts) {
  std::uint64_t bytes = kEachJob + recogniser_memory(job, facts);
  for (const std::string& target : job.spec.targets) bytes += translator_memory(target, facts);
  return bytes;
}

}  // namespace voxlate::app
