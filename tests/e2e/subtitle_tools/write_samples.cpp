// Writes subtitle files of many scripts and of hostile text into a folder, for the checks of this folder:
//   NAME.srt NAME.vtt NAME.cues.json     the last: [{"begin_ms", "end_ms", "lines": [text]}], what must be read
//
//   write_samples FOLDER
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <random>

#include "subtitles/cue_layout.h"
#include "subtitles/srt_writer.h"
#include "subtitles/vtt_writer.h"
#include "tests/unit/subtitles/random_transcript.h"

namespace {

using namespace voxlate;
using namespace voxlate::subtitles;
using std::chrono::milliseconds;

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  if (!file.flush()) throw std::runtime_error("cannot write " + path);
}

/// `expected` is what a reader must find for `cues`.
void write_sample(const std::string& stem, const std::string& language, const std::vector<Cue>& cues,
                  const std::vector<Cue>& expected) {
  nlohmann::json list = nlohmann::json::array();
  for (const Cue& cue : expected) {
    list.push_back({{"begin_ms", cue.begin.count()}, {"end_ms", cue.end.count()}, {"lines", cue.lines}});
  }
  write_file(stem + ".srt", write_srt(cues));
  write_file(stem + ".vtt", write_vtt(cues, language));
  write_file(stem + ".cues.json", list.dump() + "\n");
}

Cue cue(int begin_ms, int end_ms, std::vector<std::string> lines) {
  return {milliseconds(begin_ms), milliseconds(end_ms), std::move(lines)};
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_samples FOLDER\n";
    return 2;
  }
  const std::string folder = argv[1];
  std::mt19937 random(5);
  for (int i = 0; i < 40; ++i) {
    const Transcript transcript = random_transcript(random);
    const auto cues = make_cues(transcript, default_profile_for(transcript.language));
    write_sample(folder + "/speech_" + std::to_string(i), transcript.language, cues, cues);
  }
  write_sample(
      folder + "/hostile", "en",
      {cue(0, 1000, {"a & b < c > d &amp; &lt;", "second line"}), cue(1500, 2000, {"first\n\n\nsecond", "", " "}),
       cue(2500, 3000, {"42"}), cue(3500, 4000, {" ", "\n"}), cue(4500, 5000, {"WEBVTT", "not a header"}),
       cue(5500, 6000, {"bell\x07 tab\there"}), cue(359'999'500, 359'999'900, {"last"})},
      {cue(0, 1000, {"a & b < c > d &amp; &lt;", "second line"}), cue(1500, 2000, {"first", "second"}),
       cue(2500, 3000, {"42"}), cue(4500, 5000, {"WEBVTT", "not a header"}), cue(5500, 6000, {"bell  tab here"}),
       cue(359'999'500, 359'999'900, {"last"})});
  write_sample(folder + "/arrow", "en",
               {cue(0, 1000, {"x", "00:00:01,000 --> 00:00:02,000", "y"}), cue(1500, 2000, {"after"})},
               {cue(0, 1000, {"x", "00:00:01,000 ARROW 00:00:02,000", "y"}), cue(1500, 2000, {"after"})});
}
