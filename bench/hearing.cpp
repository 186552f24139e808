// How long does it take to hear ten minutes of audio, before anything is recognised?
//
//   hearing [--benchmark_…] [SILERO_MODEL]
//
// The log-mel spectra of 20 windows, and voice activity detection by the level and, where a model file is given, by
// Silero's network. The targets are 0.3 of what whisper.cpp takes for its spectra and 0.03 of its Silero.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "nn/compute.h"
#include "vad/energy_voice_detector.h"
#include "vad/silero_voice_detector.h"
#include "voxlate/audio.h"
#include "whisper/net/log_mel.h"

namespace {

using namespace voxlate;

constexpr std::size_t kMinutes = 10;
constexpr std::size_t kWindowSamples = 30 * kSampleRate;
constexpr std::size_t kBlock = 16384;

nn::Compute& compute() {
  static nn::Compute compute(static_cast<int>(std::thread::hardware_concurrency()));
  return compute;
}

/// Bursts of a second, as loud and as long as words with pauses between them.
const std::vector<float>& audio() {
  static const std::vector<float> kAudio = [] {
    std::vector<float> samples(kMinutes * 60 * kSampleRate);
    std::minstd_rand random(1);
    std::uniform_real_distribution<float> value(-1, 1);
    for (std::size_t i = 0; i < samples.size(); ++i)
      samples[i] = value(random) * (i / kSampleRate % 2 == 0 ? 0.2F : 0.001F);
    return samples;
  }();
  return kAudio;
}

void log_mel(benchmark::State& state) {
  const auto bands = static_cast<int>(state.range(0));
  const whisper::LogMel spectrum(compute().kernels(), bands, {});
  const nn::Matrix out(kWindowSamples / whisper::LogMel::kHop, bands);
  for (auto _ : state) {
    for (std::size_t begin = 0; begin < audio().size(); begin += kWindowSamples)
      spectrum.compute(compute(), {.samples = std::span(audio()).subspan(begin, kWindowSamples), .before = {}}, out);
  }
}

template <typename Make>
void detect(benchmark::State& state, const Make& make) {
  for (auto _ : state) {
    const std::unique_ptr<VoiceActivityDetector> detector = make();
    for (std::size_t begin = 0; begin < audio().size(); begin += kBlock)
      detector->push(std::span(audio()).subspan(begin, std::min(kBlock, audio().size() - begin)));
    detector->finish();
    while (detector->pop()) continue;
  }
}

void by_level(benchmark::State& state) {
  detect(state, [] { return std::make_unique<vad::EnergyVoiceDetector>(vad::EnergyVoiceDetector::Options{}); });
}

void by_silero(benchmark::State& state, const std::filesystem::path& model) {
  const auto network = vad::SileroNetwork::load(model, compute());
  detect(state,
         [&] { return std::make_unique<vad::SileroVoiceDetector>(network, vad::SileroVoiceDetector::Options{}); });
}

}  // namespace

BENCHMARK(log_mel)->ArgName("bands")->Arg(80)->Arg(128)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(by_level)->UseRealTime()->Unit(benchmark::kMillisecond);

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  for (int i = 1; i < argc; ++i) {
    benchmark::RegisterBenchmark("by_silero", by_silero, std::filesystem::path(argv[i]))
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RunSpecifiedBenchmarks();
}
