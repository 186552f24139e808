// How many words does a recogniser get wrong, and how much processor time does it take?
//
//   word_error_rate MANIFEST.tsv [--clips speech/en/] [--joined SECONDS] [--verbose]
//     [--decoders N] [--set -name=value ...]                                  PocketSphinx
//     --model FILE [--vad FILE] [--type float32|float16|int8] [--beam N] [--no-fallback] [--sequential] [--no-context]
//     Whisper
//
// Transcribes every clip of the manifest below `--clips` with the real engine and prints word error rates per group of
// clips. What a clip says is its last column, after "TRANSCRIPT: " where the manifest has that. With `--joined` all
// clips are one, with so much silence between them. Audio is read through the program ffmpeg.
//
// Errors are substitutions + deletions + insertions over the words of the reference. Both sides are compared in
// lower case without punctuation (apostrophes stay), with digits spelled out ("12%" is "twelve percent"),
// hyphens as spaces and "mr" as "mister". Notes in parentheses are not part of a reference.

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <sstream>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "nn/compute.h"
#include "sphinx/sphinx_transcriber.h"
#include "vad/energy_voice_detector.h"
#include "vad/silero_network.h"
#include "vad/silero_voice_detector.h"
#include "voxlate/error.h"
#include "whisper/whisper_transcriber.h"

namespace {

using namespace voxlate;

struct Settings {
  std::filesystem::path manifest;
  std::string clips = "speech/en/";
  bool verbose = false;
  std::optional<double> joined_s;
  sphinx::SphinxTranscriber::Options sphinx;
  std::filesystem::path model;  ///< empty: PocketSphinx
  ComputeType compute_type = ComputeType::kFloat32;
  whisper::WhisperTranscriber::Options whisper;
  std::filesystem::path vad_model;  ///< empty: by level
};

struct Clip {
  std::string path;
  std::string reference;
};

struct Tally {
  std::size_t clips = 0;
  std::size_t words = 0;
  std::size_t errors = 0;
  std::size_t insertions = 0;
  std::size_t deletions = 0;
  double audio_s = 0;
  double processor_s = 0;

  Tally& operator+=(const Tally& other) {
    clips += other.clips;
    words += other.words;
    errors += other.errors;
    insertions += other.insertions;
    deletions += other.deletions;
    audio_s += other.audio_s;
    processor_s += other.processor_s;
    return *this;
  }
};

class MemoryAudio final : public AudioSource {
 public:
  explicit MemoryAudio(std::vector<float> samples) : samples_(std::move(samples)) {}

  std::size_t read(std::span<float> out) override {
    const std::size_t count = std::min(out.size(), samples_.size() - at_);
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(at_), count, out.begin());
    at_ += count;
    return count;
  }
  std::chrono::milliseconds start_time() const override { return {}; }
  std::optional<std::chrono::milliseconds> duration() const override {
    return std::chrono::milliseconds{samples_.size() * 1000 / kSampleRate};
  }

 private:
  std::vector<float> samples_;
  std::size_t at_ = 0;
};

class NoLog final : public WindowLog {
 public:
  std::optional<Window> find(std::chrono::milliseconds, std::chrono::milliseconds) const override { return {}; }
  void add(const Window&) override {}
};

class NoProgress final : public Progress {
 public:
  void update(Stage, std::chrono::milliseconds, std::chrono::milliseconds) override {}
};

std::string shell_quoted(const std::string& text) {
  std::string quoted = "'";
  for (const char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  quoted += '\'';
  return quoted;
}

std::vector<float> read_audio(const std::filesystem::path& path) {
  const std::string input = path.extension() == ".raw" ? "-f s16le -ar 16000 -ac 1 " : "";
  const std::string command =
      "ffmpeg -nostdin -v error " + input + "-i " + shell_quoted(path.string()) + " -f f32le -ac 1 -ar 16000 -";
  struct Close {
    void operator()(FILE* pipe) const { pclose(pipe); }
  };
  const std::unique_ptr<FILE, Close> pipe(popen(command.c_str(), "r"));
  if (!pipe) throw Error(ErrorCode::kUnavailable, "ffmpeg could not be started");
  std::vector<float> samples;
  std::array<float, 16384> block{};
  while (const std::size_t count = std::fread(block.data(), sizeof(float), block.size(), pipe.get()))
    samples.insert(samples.end(), block.begin(), block.begin() + static_cast<std::ptrdiff_t>(count));
  if (samples.empty()) throw Error(ErrorCode::kCorrupt, "no audio in " + path.string());
  return samples;
}

std::string number_in_words(std::uint64_t number) {
  static constexpr std::array<const char*, 20> kSmall{
      "zero", "one",    "two",    "three",    "four",     "five",    "six",     "seven",     "eight",    "nine",
      "ten",  "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"};
  static constexpr std::array<const char*, 10> kTens{"",      "",      "twenty",  "thirty", "forty",
                                                     "fifty", "sixty", "seventy", "eighty", "ninety"};
  if (number < 20) return kSmall[number];
  if (number < 100)
    return number % 10 == 0 ? kTens[number / 10]
                            : fmt::format("{} {}", kTens[number / 10], number_in_words(number % 10));
  const std::uint64_t unit = number < 1000 ? 100 : 1000;
  std::string words = fmt::format("{} {}", number_in_words(number / unit), unit == 100 ? "hundred" : "thousand");
  if (number % unit != 0) words.append(" ").append(number_in_words(number % unit));
  return words;
}

std::vector<std::string> normalised_words(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c >= '0' && c <= '9') {
      std::size_t digits = 0;
      const std::uint64_t number = std::stoull(std::string(text.substr(i)), &digits);
      plain.append(" ").append(number_in_words(number)).append(" ");
      i += digits - 1;
    } else if (c >= 'A' && c <= 'Z') {
      plain += static_cast<char>(c - 'A' + 'a');
    } else if ((c >= 'a' && c <= 'z') || c == '\'') {
      plain += c;
    } else if (c == '%') {
      plain += " percent ";
    } else if (c == '=') {
      plain += " equals ";
    } else if (text.substr(i).starts_with("\xC3\x97")) {  // multiplication sign
      plain += " times ";
      ++i;
    } else if (text.substr(i).starts_with("\xE2\x80\x99")) {  // right single quotation mark
      plain += '\'';
      i += 2;
    } else if (c != '.') {
      plain += ' ';
    }
  }
  std::vector<std::string> words;
  std::istringstream stream(plain);
  for (std::string word; stream >> word;) words.push_back(word == "mr" ? "mister" : word);
  return words;
}

/// Levenshtein distance over words, with its parts.
Tally compare(const std::vector<std::string>& reference, const std::vector<std::string>& heard) {
  struct Cell {
    std::size_t errors = 0, insertions = 0, deletions = 0;
  };
  std::vector<Cell> row(heard.size() + 1);
  for (std::size_t j = 0; j <= heard.size(); ++j) row[j] = {j, j, 0};
  for (std::size_t i = 1; i <= reference.size(); ++i) {
    Cell diagonal = row[0];
    row[0] = {i, 0, i};
    for (std::size_t j = 1; j <= heard.size(); ++j) {
      Cell best = diagonal;
      best.errors += reference[i - 1] == heard[j - 1] ? 0U : 1U;
      if (row[j].errors + 1 < best.errors) best = {row[j].errors + 1, row[j].insertions, row[j].deletions + 1};
      if (row[j - 1].errors + 1 < best.errors)
        best = {row[j - 1].errors + 1, row[j - 1].insertions + 1, row[j - 1].deletions};
      diagonal = row[j];
      row[j] = best;
    }
  }
  Tally tally;
  tally.clips = 1;
  tally.words = reference.size();
  tally.errors = row.back().errors;
  tally.insertions = row.back().insertions;
  tally.deletions = row.back().deletions;
  return tally;
}

std::string group_of(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  if (path.find("/alnum/") != std::string_view::npos) return "single letters and digits, 16 kHz";
  if (path.find("/fsdd/") != std::string_view::npos) return "single digits, 8 kHz";
  for (const char* prefix : {"LJ", "2412-", "6930-", "mfa_61-", "sense_"})
    if (name.starts_with(prefix)) return "clean reading (LJ, LibriSpeech, LibriVox)";
  for (const char* prefix : {"cards", "goforward", "numbers"})
    if (name.starts_with(prefix)) return "commands (cards, robot)";
  return "other speech";
}

/// The text after "TRANSCRIPT:" without what other columns and people added; a list of two columns has nothing but it.
std::optional<std::string> reference_in(const std::string& expected, bool path_is_listed) {
  static constexpr std::string_view kMark = "TRANSCRIPT:";
  const std::size_t mark = expected.find(kMark);
  if (mark == std::string::npos) return path_is_listed ? std::optional(expected) : std::nullopt;
  std::string text = expected.substr(mark + kMark.size());
  text = text.substr(0, text.find(" | "));
  for (std::size_t open = text.find('('); open != std::string::npos; open = text.find('(')) {
    const std::size_t close = text.find(')', open);
    text.erase(open, close == std::string::npos ? std::string::npos : close - open + 1);
  }
  for (const std::string_view speaker : {"LEFT:", "RIGHT:"})
    if (const std::size_t at = text.find(speaker); at != std::string::npos) text.erase(at, speaker.size());
  return text;
}

std::vector<Clip> read_manifest(const Settings& settings) {
  std::ifstream file(settings.manifest);
  if (!file) throw Error(ErrorCode::kNotFound, "cannot read " + settings.manifest.string());
  std::vector<Clip> clips;
  for (std::string line; std::getline(file, line);) {
    if (!line.starts_with(settings.clips)) continue;
    const bool has_two_columns = line.find('\t') == line.rfind('\t');
    const auto reference = reference_in(line.substr(line.rfind('\t') + 1), has_two_columns);
    if (reference) clips.push_back({line.substr(0, line.find('\t')), *reference});
  }
  return clips;
}

double processor_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

Tally measure(Transcriber& transcriber, const Clip& clip, std::vector<float> samples, bool verbose) {
  const double audio_s = static_cast<double>(samples.size()) / kSampleRate;
  MemoryAudio audio(std::move(samples));
  NoLog log;
  NoProgress progress;
  const double before_s = processor_seconds();
  const Transcript transcript = transcriber.transcribe(audio, {}, log, progress, {});
  const double after_s = processor_seconds();
  std::string text;
  for (const Segment& segment : transcript.segments) text += (text.empty() ? "" : " ") + segment.text;
  Tally tally = compare(normalised_words(clip.reference), normalised_words(text));
  tally.audio_s = audio_s;
  tally.processor_s = after_s - before_s;
  if (verbose)
    fmt::print("{}\n  expected{}\n  heard    {}\n  {} errors in {} words\n", clip.path, clip.reference, text,
               tally.errors, tally.words);
  return tally;
}

void print_row(const std::string& name, const Tally& tally) {
  const auto percent = [&](std::size_t count) {
    return 100.0 * static_cast<double>(count) / static_cast<double>(std::max<std::size_t>(tally.words, 1));
  };
  fmt::print("{:<44}{:>6}{:>7}{:>8.1f}{:>8.1f}{:>8.1f}{:>8.3f}\n", name, tally.clips, tally.words,
             percent(tally.errors), percent(tally.insertions), percent(tally.deletions),
             tally.processor_s / tally.audio_s);
}

ComputeType parse_compute_type(const std::string& name) {
  if (const auto type = find_compute_type(name)) return *type;
  throw Error(ErrorCode::kInvalidInput, "--type: expected auto, float32, float16 or int8, got " + name);
}

Settings parse_arguments(std::span<char*> arguments) {
  Settings settings;
  for (std::size_t i = 1; i < arguments.size(); ++i) {
    const std::string_view name = arguments[i];
    const auto value = [&]() -> std::string {
      if (++i >= arguments.size()) throw Error(ErrorCode::kInvalidInput, std::string(name) + ": expected a value");
      return arguments[i];
    };
    if (name == "--clips") {
      settings.clips = value();
    } else if (name == "--decoders") {
      settings.sphinx.decoders = std::stoi(value());
    } else if (name == "--set") {
      const std::string setting = value();
      settings.sphinx.settings.emplace_back(setting.substr(0, setting.find('=')),
                                            setting.substr(setting.find('=') + 1));
    } else if (name == "--joined") {
      settings.joined_s = std::stod(value());
    } else if (name == "--model") {
      settings.model = value();
    } else if (name == "--vad") {
      settings.vad_model = value();
    } else if (name == "--type") {
      settings.compute_type = parse_compute_type(value());
    } else if (name == "--beam") {
      settings.whisper.decoding.beam_size = std::stoi(value());
    } else if (name == "--no-fallback") {
      settings.whisper.decoding.temperatures = {0};
    } else if (name == "--sequential") {
      settings.whisper.long_audio = whisper::LongAudio::kSequential;
    } else if (name == "--no-context") {
      settings.whisper.condition_on_previous = false;
    } else if (name == "--verbose") {
      settings.verbose = true;
    } else {
      settings.manifest = name;
    }
  }
  if (settings.manifest.empty()) throw Error(ErrorCode::kInvalidInput, "expected the path of a MANIFEST.tsv");
  return settings;
}

/// All clips as one.
std::pair<Clip, std::vector<float>> join(const std::vector<Clip>& clips, const std::filesystem::path& folder,
                                         double gap_s) {
  Clip joined{.path = "all clips joined", .reference = ""};
  std::vector<float> samples;
  for (const Clip& clip : clips) {
    const std::vector<float> more = read_audio(folder / clip.path);
    samples.insert(samples.end(), more.begin(), more.end());
    samples.resize(samples.size() + static_cast<std::size_t>(gap_s * kSampleRate));
    joined.reference += " " + clip.reference;
  }
  return {joined, samples};
}

std::unique_ptr<Transcriber> make_transcriber(const Settings& settings, nn::Compute& compute) {
  if (settings.model.empty()) {
    return std::make_unique<sphinx::SphinxTranscriber>(settings.sphinx,
                                                       [] { return std::make_unique<vad::EnergyVoiceDetector>(); });
  }
  const auto model = std::make_shared<const whisper::WhisperModel>(
      settings.model.filename().string(), whisper::Network::load(settings.model, compute, settings.compute_type),
      whisper::WindowBatcher::Options{});
  fmt::print("{}: {}\n", model->name(), model->network().description());
  return std::make_unique<whisper::WhisperTranscriber>(
      settings.whisper, [] { return TranscriberInfo{}; },
      [model](const std::string&, std::stop_token) { return model; }, whisper::WhisperTranscriber::Fallback(),
      [vad_model = settings.vad_model, &compute]() -> std::unique_ptr<VoiceActivityDetector> {
        constexpr std::chrono::milliseconds kMaxRegion{27'000};
        if (vad_model.empty()) {
          return std::make_unique<vad::EnergyVoiceDetector>(
              vad::EnergyVoiceDetector::Options{.max_region = kMaxRegion});
        }
        return std::make_unique<vad::SileroVoiceDetector>(
            vad::SileroNetwork::load(vad_model, compute),
            vad::SileroVoiceDetector::Options{.min_silence = std::chrono::milliseconds(400),
                                              .padding = std::chrono::milliseconds(200),
                                              .max_region = kMaxRegion});
      });
}

void run(const Settings& settings) {
  nn::Compute compute(static_cast<int>(std::thread::hardware_concurrency()));
  const std::unique_ptr<Transcriber> engine = make_transcriber(settings, compute);
  Transcriber& transcriber = *engine;
  const std::filesystem::path folder = settings.manifest.parent_path();
  const std::vector<Clip> clips = read_manifest(settings);
  if (clips.empty()) throw Error(ErrorCode::kNotFound, "no clip with a transcript below " + settings.clips);
  measure(transcriber, clips.front(), read_audio(folder / clips.front().path), false);  // loads the decoder

  std::map<std::string, Tally> groups;
  if (settings.joined_s) {
    auto [clip, samples] = join(clips, folder, *settings.joined_s);
    groups["joined"] = measure(transcriber, clip, std::move(samples), settings.verbose);
  }
  for (const Clip& clip : settings.joined_s ? std::vector<Clip>() : clips)
    groups[group_of(clip.path)] += measure(transcriber, clip, read_audio(folder / clip.path), settings.verbose);
  fmt::print("{:<44}{:>6}{:>7}{:>8}{:>8}{:>8}{:>8}\n", "", "clips", "words", "WER %", "ins %", "del %", "RTF");
  Tally all;
  Tally longer;
  for (const auto& [name, tally] : groups) {
    print_row(name, tally);
    all += tally;
    if (!name.starts_with("single")) longer += tally;
  }
  print_row("all but single letters and digits", longer);
  print_row("all", all);
  fmt::print("RTF: processor time of all threads over audio time\n");
}

}  // namespace

int main(int argc, char** argv) {
  try {
    run(parse_arguments(std::span<char*>(argv, static_cast<std::size_t>(argc))));
    return EXIT_SUCCESS;
  } catch (const Error& error) {
    fmt::print(stderr, "word_error_rate: {}\n", error.what());
    return EXIT_FAILURE;
  }
}
