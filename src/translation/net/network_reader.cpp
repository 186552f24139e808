#include "translation/net/network_reader.h"

#include <cmath>

namespace voxlate::translation {

nn::Matrix sinusoids(int positions, int state, int first, double steps) {
  constexpr double kLargestPeriod = 10'000;
  nn::Matrix table(positions, state);
  const int half = state / 2;
  for (int i = 0; i < positions; ++i) {
    float* const row = table.row(i);
    for (int j = 0; j < half; ++j) {
      const double angle = (first + i) * std::pow(kLargestPeriod, -j / steps);
      row[j] = static_cast<float>(std::sin(angle));
      row[half + j] = static_cast<float>(std::cos(angle));
    }
    if (state % 2 != 0) row[state - 1] = 0;
  }
  return table;
}

}  // namespace voxlate::translation
