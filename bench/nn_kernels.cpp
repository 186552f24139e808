// How close do the operations of nn come to the machine's limits?
//
//   nn_kernels [--benchmark_filter=…]
//
// "ops" is arithmetic operations a second, a multiplication and an addition being two; "bytes" is weights, keys and
// values read a second. The first lines show the limits that these are to be held against: what the kernel does near
// its numbers in f32, and what can be read from a block of memory of a size.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <span>
#include <thread>
#include <vector>

#include "nn/attention.h"
#include "nn/compute.h"
#include "nn/linear.h"

namespace {

using namespace voxlate;

constexpr int kContext = 1500;  // frames of a window
constexpr int kHeadWidth = 64;

nn::Compute& compute() {
  static nn::Compute compute(static_cast<int>(std::thread::hardware_concurrency()));
  return compute;
}

void fill(std::span<float> values) {
  std::minstd_rand random(1);
  std::uniform_real_distribution<float> value(-1, 1);
  std::generate(values.begin(), values.end(), [&] { return value(random); });
}

nn::Matrix random_matrix(int rows, int columns) {
  nn::Matrix matrix(rows, columns);
  fill({matrix.row(0), static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns)});
  return matrix;
}

void report(benchmark::State& state, double operations, double bytes) {
  const auto rate = [&](double per_iteration) {
    return benchmark::Counter(per_iteration * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
  };
  state.counters["ops"] = rate(operations);
  state.counters["bytes"] = rate(bytes);
}

/// Multiplies numbers that stay in the nearest cache: what `Kernels::multiply` can do at most.
void limit_of_multiplying(benchmark::State& state) {
  const nn::Kernels& kernels = compute().kernels();
  constexpr int kInner = 256;
  constexpr int kCalls = 1000;
  const int rows = kernels.tile_rows;
  const nn::Matrix a = random_matrix(rows, kInner);
  const nn::Matrix b = random_matrix(kInner, kernels.panel);
  std::vector<nn::Matrix> results;
  for (int task = 0; task < compute().pool().size(); ++task) results.emplace_back(rows, kernels.panel);
  for (auto iteration : state) {
    compute().pool().run(compute().pool().size(), [&](int task, int /*thread*/) {
      const nn::Matrix& c = results[static_cast<std::size_t>(task)];
      for (int call = 0; call < kCalls; ++call) {
        kernels.multiply({.a = a.row(0),
                          .a_stride = a.stride(),
                          .b = b.row(0),
                          .b_stride = b.stride(),
                          .inner = kInner,
                          .to = {.c = c.row(0), .c_stride = c.stride(), .rows = rows, .columns = kernels.panel}});
      }
    });
  }
  report(state, 2.0 * kCalls * compute().pool().size() * rows * kInner * kernels.panel, 0);
}
BENCHMARK(limit_of_multiplying)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// Looks for the largest number: as fast as memory is read.
void limit_of_reading(benchmark::State& state) {
  const nn::Kernels& kernels = compute().kernels();
  const auto words = static_cast<std::size_t>(state.range(0)) * 1024 * 1024 / sizeof(float);
  const std::vector<float> memory(words, 1);
  const int threads = compute().pool().size();
  const std::size_t each = words / static_cast<std::size_t>(threads);
  for (auto iteration : state) {
    compute().pool().run(threads, [&](int task, int /*thread*/) {
      const float* const begin = memory.data() + static_cast<std::size_t>(task) * each;
      float largest = kernels.largest_size(begin, static_cast<int>(each));
      benchmark::DoNotOptimize(largest);
    });
  }
  report(state, 0, static_cast<double>(words * sizeof(float)));
}
BENCHMARK(limit_of_reading)->ArgName("MiB")->Arg(8)->Arg(28)->Arg(512)->UseRealTime()->Unit(benchmark::kMicrosecond);

/// A linear layer: rows, inputs, outputs.
void linear(benchmark::State& state, ComputeType type) {
  const auto rows = static_cast<int>(state.range(0));
  const auto inputs = static_cast<int>(state.range(1));
  const auto outputs = static_cast<int>(state.range(2));
  const nn::RowSource weights = [](int, int, std::span<float> values) { fill(values); };
  const nn::Linear layer(compute().kernels(), {outputs, inputs}, weights, {}, type);
  const nn::Matrix x = random_matrix(rows, inputs);
  const nn::Matrix out(rows, outputs);
  for (auto iteration : state) layer.apply(compute(), x, out);
  report(state, 2.0 * rows * inputs * outputs, static_cast<double>(layer.size_bytes()));
}
void linear_shapes(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "inputs", "outputs"})->UseRealTime()->Unit(benchmark::kMicrosecond);
  for (const int rows : {kContext, 8, 1}) benchmark->Args({rows, 512, 2048});
  benchmark->Args({kContext, 2048, 512});
  for (const int rows : {8, 1}) benchmark->Args({rows, 512, 51865});
}
BENCHMARK_CAPTURE(linear, float32, ComputeType::kFloat32)->Apply(linear_shapes);
BENCHMARK_CAPTURE(linear, float16, ComputeType::kFloat16)->Apply(linear_shapes);
BENCHMARK_CAPTURE(linear, int8, ComputeType::kInt8)->Apply(linear_shapes);

/// Attention of `rows` queries a sequence over the keys and values of a window.
void attention(benchmark::State& state) {
  const auto sequences = static_cast<int>(state.range(0));
  const auto rows = static_cast<int>(state.range(1));
  constexpr int kHeads = 8;
  nn::KeyValues memory(compute().kernels(), {.capacity = kContext, .heads = kHeads, .head_width = kHeadWidth});
  const nn::Matrix keys = random_matrix(kContext, kHeads * kHeadWidth);
  const nn::KeyValueWrite write{.to = &memory, .rows = kContext};
  nn::write_keys_values(compute(), keys, keys, {&write, 1});
  const nn::Matrix queries = random_matrix(sequences * rows, kHeads * kHeadWidth);
  const nn::Matrix out(sequences * rows, kHeads * kHeadWidth);
  std::vector<nn::AttentionSpan> spans;
  for (int i = 0; i < sequences; ++i)
    spans.push_back({.first_row = i * rows, .rows = rows, .memory = &memory, .keys = kContext});
  for (auto iteration : state) nn::attend(compute(), queries, spans, out);
  report(state, 4.0 * sequences * rows * kContext * kHeads * kHeadWidth,
         static_cast<double>(sequences) * static_cast<double>(memory.size_bytes()));
}
BENCHMARK(attention)
    ->ArgNames({"sequences", "rows"})
    ->Args({1, kContext})
    ->Args({1, 1})
    ->Args({8, 1})
    ->UseRealTime()
    ->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
