#include "whisper/net/log_mel.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "voxlate/audio.h"

namespace voxlate::whisper {
namespace {

constexpr int kHalf = LogMel::kWindow / 2;  // also what the first frame reaches back
constexpr int kBlockFrames = 128;

/// Row k: f(2 pi k n / 400) for n in [first, first + count).
nn::Linear transform(const nn::Kernels& kernels, int first, int count, double (*f)(double)) {
  const nn::RowSource rows = [&](int begin, int end, std::span<float> out) {
    auto element = out.begin();
    for (int k = begin; k < end; ++k) {
      for (int n = first; n < first + count; ++n) {
        *element++ = static_cast<float>(f(2 * std::numbers::pi * (k * n % LogMel::kWindow) / LogMel::kWindow));
      }
    }
  };
  return {kernels, {LogMel::kBins, count}, rows, {}, ComputeType::kFloat32};
}

nn::Linear filter_bank(const nn::Kernels& kernels, int n_mels, std::span<const float> filters) {
  const nn::RowSource rows = [&](int begin, int end, std::span<float> out) {
    std::copy(filters.begin() + std::ptrdiff_t{begin} * LogMel::kBins,
              filters.begin() + std::ptrdiff_t{end} * LogMel::kBins, out.begin());
  };
  return {kernels, {n_mels, LogMel::kBins}, rows, {}, ComputeType::kFloat32};
}

/// Slaney's scale: linear below 1 kHz, logarithmic above.
constexpr double kLinearHz = 200.0 / 3;
constexpr double kBreakHz = 1000;
const double kLogStep = std::log(6.4) / 27;

double mel_of(double hz) {
  return hz < kBreakHz ? hz / kLinearHz : kBreakHz / kLinearHz + std::log(hz / kBreakHz) / kLogStep;
}

double hz_of(double mel) {
  const double break_mel = kBreakHz / kLinearHz;
  return mel < break_mel ? mel * kLinearHz : kBreakHz * std::exp((mel - break_mel) * kLogStep);
}

}  // namespace

std::vector<float> mel_filters(int n_mels) {
  const double top = mel_of(kSampleRate / 2.0);
  const auto edge = [&](int index) { return hz_of(top * index / (n_mels + 1)); };
  std::vector<float> filters;
  for (int mel = 0; mel < n_mels; ++mel) {
    const double low = edge(mel);
    const double centre = edge(mel + 1);
    const double high = edge(mel + 2);
    for (int bin = 0; bin < LogMel::kBins; ++bin) {
      const double hz = double{kSampleRate} * bin / LogMel::kWindow;
      const double height = std::min((hz - low) / (centre - low), (high - hz) / (high - centre));
      filters.push_back(static_cast<float>(std::max(0.0, height) * 2 / (high - low)));
    }
  }
  return filters;
}

LogMel::LogMel(const nn::Kernels& kernels, int n_mels, std::span<const float> filters)
    : cosine_(transform(kernels, 0, kHalf + 1, [](double x) { return std::cos(x); })),
      sine_(transform(kernels, 1, kHalf - 1, [](double x) { return std::sin(x); })),
      mel_(filters.empty() ? filter_bank(kernels, n_mels, mel_filters(n_mels))
                           : filter_bank(kernels, n_mels, filters)) {
  for (int n = 0; n < kWindow; ++n) {
    hann_.push_back(static_cast<float>(0.5 - 0.5 * std::cos(2 * std::numbers::pi * n / kWindow)));
  }
}

/// Windowed frames with their second half laid over the first: 201 sums for the cosines, then 199 differences.
nn::Matrix LogMel::fold(nn::Compute& compute, const WindowAudio& audio, int frames) const {
  // The audio from 200 samples before the window on, mirrored at its start when nothing came before.
  const std::size_t length = static_cast<std::size_t>(frames - 1) * kHop + kWindow;
  std::vector<float> padded(length);
  const std::size_t heard = std::min(audio.samples.size(), length - kHalf);
  std::copy_n(audio.samples.begin(), heard, padded.begin() + kHalf);
  for (std::size_t i = 1; i <= kHalf; ++i) {
    float& sample = padded[kHalf - i];
    if (audio.before.empty()) {
      sample = padded[kHalf + i];
    } else if (i <= audio.before.size()) {
      sample = audio.before[audio.before.size() - i];
    }
  }
  nn::Matrix folded(frames, kWindow);
  compute.pool().run(nn::pieces(frames, kBlockFrames), [&](int block, int /*thread*/) {
    const int end = std::min(frames, (block + 1) * kBlockFrames);
    for (int frame = block * kBlockFrames; frame < end; ++frame) {
      const float* const x = padded.data() + std::ptrdiff_t{frame} * kHop;
      const float* const w = hann_.data();
      float* const sums = folded.row(frame);
      float* const differences = sums + kHalf + 1;
      sums[0] = x[0] * w[0];
      sums[kHalf] = x[kHalf] * w[kHalf];
      for (int n = 1; n < kHalf; ++n) {
        const float early = x[n] * w[n];
        const float late = x[kWindow - n] * w[kWindow - n];
        sums[n] = early + late;
        differences[n - 1] = early - late;
      }
    }
  });
  return folded;
}

void LogMel::compute(nn::Compute& compute, const WindowAudio& audio, const nn::Matrix& out) const {
  constexpr float kFloor = 1e-10F;
  constexpr float kDecades = 8;
  const int frames = out.rows();
  const nn::Matrix folded = fold(compute, audio, frames);
  const nn::Matrix real(frames, kBins);
  const nn::Matrix imaginary(frames, kBins);
  cosine_.apply(compute, folded.some_columns(0, kHalf + 1), real);
  sine_.apply(compute, folded.some_columns(kHalf + 1, kHalf - 1), imaginary);
  const auto for_blocks = [&](const auto& work) {
    compute.pool().run(nn::pieces(frames, kBlockFrames), [&](int block, int /*thread*/) {
      work(block, block * kBlockFrames, std::min(frames, (block + 1) * kBlockFrames));
    });
  };
  for_blocks([&](int /*block*/, int begin, int end) {
    for (int frame = begin; frame < end; ++frame) {
      float* const re = real.row(frame);
      const float* const im = imaginary.row(frame);
      for (int bin = 0; bin < kBins; ++bin) re[bin] = re[bin] * re[bin] + im[bin] * im[bin];
    }
  });
  mel_.apply(compute, real, out);
  std::vector<float> peaks(static_cast<std::size_t>(frames / kBlockFrames + 1), std::log10(kFloor));
  for_blocks([&](int block, int begin, int end) {
    float& peak = peaks[static_cast<std::size_t>(block)];
    for (int frame = begin; frame < end; ++frame) {
      float* const mel = out.row(frame);
      for (int band = 0; band < out.columns(); ++band) {
        mel[band] = std::log10(std::max(mel[band], kFloor));
        peak = std::max(peak, mel[band]);
      }
    }
  });
  const float least = *std::max_element(peaks.begin(), peaks.end()) - kDecades;
  for_blocks([&](int /*block*/, int begin, int end) {
    for (int frame = begin; frame < end; ++frame) {
      float* const mel = out.row(frame);
      for (int band = 0; band < out.columns(); ++band) mel[band] = (std::max(mel[band], least) + 4) / 4;
    }
  });
}

}  // namespace voxlate::whisper
