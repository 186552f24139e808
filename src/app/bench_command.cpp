#include "app/bench_command.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <random>
#include <string>
#include <vector>

#include "app/model_files.h"
#include "app/whisper_engine.h"
#include "app/whisper_network.h"
#include "nn/compute.h"
#include "voxlate/error.h"
#include "whisper/net/network.h"

namespace voxlate::app {
namespace {

using SteadyClock = std::chrono::steady_clock;
using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr int kTokensPerWindow = 100;  // of half a minute of speech, about

/// Sequences that take a step of the decoder together, and how long such a step takes.
struct Step {
  int windows = 1;
  int sequences = 1;  ///< of each window
  double ms = 0;

  int tokens() const { return windows * sequences; }
};

constexpr Step kSteps[] = {{}, {.sequences = 5}, {.windows = 8}};  // greedy, a beam, a full batch

struct Measured {
  std::string model;
  std::string description;
  int threads = 0;
  double load_ms = 0;
  double encode_ms = 0;
  std::vector<Step> steps;
  std::uint64_t model_bytes = 0;
  std::uint64_t peak_bytes = 0;

  /// Half a minute of audio against encoding it and saying `kTokensPerWindow` tokens greedily.
  double times_real_time() const {
    constexpr double kWindowMs = 30'000;
    return kWindowMs / (encode_ms + kTokensPerWindow * steps.front().ms);
  }
};

template <typename Work>
double time_of(const Work& work) {
  const SteadyClock::time_point start = SteadyClock::now();
  work();
  return Milliseconds(SteadyClock::now() - start).count();
}

double median(std::vector<double> times) {
  const auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end());
  return *middle;
}

std::vector<float> noise(std::size_t samples) {
  std::mt19937 random(1);
  std::normal_distribution<float> level(0, 0.1F);
  std::vector<float> audio(samples);
  std::generate(audio.begin(), audio.end(), [&] { return level(random); });
  return audio;
}

double encode_ms(const whisper::Network& network, const std::vector<float>& audio) {
  constexpr int kRuns = 5;
  const whisper::WindowAudio window{.samples = audio, .before = {}};
  std::vector<double> times;
  network.encode({&window, 1});
  for (int run = 0; run < kRuns; ++run) times.push_back(time_of([&] { network.encode({&window, 1}); }));
  return median(times);
}

double step_ms(const whisper::Network& network, const std::vector<float>& audio, const Step& step) {
  const whisper::WindowAudio window{.samples = audio, .before = {}};
  const auto session = network.new_session();
  const std::vector<int> start(4, 0);
  const std::vector<int> token(1, 0);
  std::vector<whisper::DecoderSession::Input> inputs;
  for (int i = 0; i < step.windows; ++i) {
    const auto encoded = network.encode({&window, 1}).front();
    for (int k = 0; k < step.sequences; ++k) inputs.push_back({.sequence = session->open(encoded), .tokens = start});
  }
  session->step(inputs);
  for (whisper::DecoderSession::Input& input : inputs) input.tokens = token;
  std::vector<double> times;
  for (int token_index = 0; token_index < kTokensPerWindow; ++token_index)
    times.push_back(time_of([&] { session->step(inputs); }));
  return median(times);
}

Measured measure(const Config& config, const std::string& name) {
  models::ModelFolder folder(model_folder_options(config), inspect_model_file);
  const std::vector<TranscriberModel> usable = usable_whisper_models(folder);
  if (usable.empty() && name.empty())
    throw Error(ErrorCode::kUnavailable, "no Whisper model is installed: voxlate models get base");
  Measured measured{.model = name.empty() ? usable.front().id : name};
  const std::filesystem::path path = folder.path_of(measured.model);
  nn::Compute compute(whisper_threads(config));
  measured.threads = compute.pool().size();
  std::shared_ptr<const whisper::Network> network;
  measured.load_ms = time_of(
      [&] { network = load_whisper_network(path, whisper_device(config), whisper_compute_type(config), compute); });
  measured.description = network->description();
  measured.model_bytes = network->size_bytes();
  const std::vector<float> audio = noise(static_cast<std::size_t>(network->window_samples()));
  measured.encode_ms = encode_ms(*network, audio);
  for (Step step : kSteps) {
    step.ms = step_ms(*network, audio, step);
    measured.steps.push_back(step);
  }
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  measured.peak_bytes = static_cast<std::uint64_t>(usage.ru_maxrss) * 1024;
  return measured;
}

void print_json(const Measured& measured) {
  nlohmann::ordered_json steps = nlohmann::ordered_json::array();
  for (const Step& step : measured.steps)
    steps.push_back({{"windows", step.windows}, {"sequences", step.sequences}, {"ms", step.ms}});
  const nlohmann::ordered_json document = {{"model", measured.model},
                                           {"network", measured.description},
                                           {"threads", measured.threads},
                                           {"load_ms", measured.load_ms},
                                           {"encode_ms", measured.encode_ms},
                                           {"decoder_steps", steps},
                                           {"times_real_time", measured.times_real_time()},
                                           {"model_bytes", measured.model_bytes},
                                           {"peak_bytes", measured.peak_bytes}};
  fmt::print("{}\n", document.dump());
}

void print_text(const Measured& measured) {
  constexpr double kMebibyte = 1024.0 * 1024;
  fmt::print("{}: {}, {} threads\n", measured.model, measured.description, measured.threads);
  fmt::print("  load             {:9.1f} ms\n", measured.load_ms);
  fmt::print("  encode           {:9.1f} ms a window of 30 s\n", measured.encode_ms);
  for (const Step& step : measured.steps) {
    fmt::print("  decode, {} x {}    {:9.2f} ms a step: {:.0f} tokens a second\n", step.windows, step.sequences,
               step.ms, 1000 * step.tokens() / step.ms);
  }
  fmt::print("  speed            {:9.1f} times real time, one window after the other, greedy, {} tokens each\n",
             measured.times_real_time(), kTokensPerWindow);
  fmt::print("  memory           {:9.1f} MiB of weights, {:.1f} MiB at most in all\n",
             static_cast<double>(measured.model_bytes) / kMebibyte,
             static_cast<double>(measured.peak_bytes) / kMebibyte);
}

}  // namespace

void run_bench(const Config& config, const BenchRequest& request) {
  const Measured measured = measure(config, request.model);
  if (request.as_json)
    print_json(measured);
  else
    print_text(measured);
}

}  // namespace voxlate::app
