#pragma once

#include <span>
#include <vector>

#include "nn/compute.h"
#include "nn/linear.h"
#include "nn/matrix.h"
#include "whisper/net/network.h"

namespace voxlate::whisper {

/// What Whisper hears: log-mel spectra as in `log_mel_spectrogram` of OpenAI's audio.py (Hann windows of 400 samples
/// every 160, power, mel bands, log10, 8 decades below the peak kept, scaled), within 1e-4 of it.
///
/// The discrete Fourier transform is a matrix product: at 400 points that is as fast as an FFT, and the products of
/// this module are fast. Immutable.
class LogMel {
 public:
  static constexpr int kHop = 160;
  static constexpr int kWindow = 400;
  static constexpr int kBins = kWindow / 2 + 1;

  /// `filters`: [n_mels, 201]; empty: Slaney's mel filters, as librosa makes them.
  LogMel(const nn::Kernels& kernels, int n_mels, std::span<const float> filters);

  int n_mels() const { return mel_.outputs(); }

  /// Writes `out.rows()` frames, [frames, n_mels]; what the audio lacks is silence. The peak is that of the window.
  void compute(nn::Compute& compute, const WindowAudio& audio, const nn::Matrix& out) const;

 private:
  nn::Matrix fold(nn::Compute& compute, const WindowAudio& audio, int frames) const;

  std::vector<float> hann_;
  nn::Linear cosine_;  // [bins, 201]: of x[n] + x[400 - n]
  nn::Linear sine_;    // [bins, 199]: of x[n] - x[400 - n]
  nn::Linear mel_;
};

/// Triangular filters [n_mels, 201] for 16 kHz, equally spaced on Slaney's mel scale and of equal area.
std::vector<float> mel_filters(int n_mels);

}  // namespace voxlate::whisper
