#include "config/sections.h"
#include "config/setting_values.h"

namespace voxlate::config {

std::vector<Setting> vad_settings() {
  return {
      {"vad.threshold", "probability from which Silero's network means speech, 0.05 to 0.95",
       fraction(&Config::vad_threshold, 0.05, 0.95)},
      {"vad.min_speech_duration_ms", "shorter bursts that Silero's network takes for speech are dropped, 0 to 5000",
       whole(&Config::vad_min_speech, 0, 5000)},
      {"vad.min_silence_duration_ms", "shorter pauses do not end a stretch of speech, 0 to 5000",
       whole(&Config::vad_min_silence, 0, 5000)},
      {"vad.speech_pad_ms", "kept before and after speech, at most half of a pause, 0 to 1000",
       whole(&Config::vad_padding, 0, 1000)},
      {"vad.max_speech_duration_s", "longer speech is cut at its best pause, 5 to 27",
       whole(&Config::vad_max_speech, 5, 27)},
  };
}

}  // namespace voxlate::config
