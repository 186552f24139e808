#include "spoken_words.h"

#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <stdexcept>

#include "base/temporary_folder.h"
#include "server_process.h"
#include "speech.h"

namespace voxlate::e2e {
namespace {

constexpr std::uint32_t kSampleRate = 22050;  // espeak-ng's

int sample_at(const std::string& pcm, std::size_t index) {
  return static_cast<std::int16_t>(static_cast<unsigned char>(pcm[2 * index]) |
                                   static_cast<unsigned char>(pcm[2 * index + 1]) << 8U);
}

/// Without the silence around the word.
std::string trimmed(const std::string& pcm) {
  constexpr int kSilence = 300;
  std::size_t begin = 0;
  std::size_t end = pcm.size() / 2;
  while (begin < end && std::abs(sample_at(pcm, begin)) < kSilence) ++begin;
  while (begin < end && std::abs(sample_at(pcm, end - 1)) < kSilence) --end;
  return pcm.substr(2 * begin, 2 * (end - begin));
}

std::string synthesise(const std::string& word, const SpokenWords::Voice& voice) {
  const TemporaryFolder folder;
  const std::filesystem::path wav = folder / "word.wav";
  if (run_program({"espeak-ng", "-v", voice.name, "-s", std::to_string(voice.words_per_minute), "-p",
                   std::to_string(voice.pitch), "-w", wav.string(), word}) != 0)
    throw std::runtime_error("espeak-ng could not say " + word);
  return trimmed(pcm_of(wav));
}

}  // namespace

void SpokenWords::say(const std::string& word, const Voice& voice) {
  std::string& pcm = said_[voice.name + " " + word];
  if (pcm.empty()) pcm = synthesise(word, voice);
  const double begin_s = duration_s();
  pcm_ += pcm;
  words_.push_back({word, begin_s, duration_s()});
}

void SpokenWords::pause(double seconds) { pcm_.append(static_cast<std::size_t>(seconds * kSampleRate) * 2, '\0'); }

void SpokenWords::noise(double seconds) {
  constexpr int kAmplitude = 327;
  std::minstd_rand random(20261121);
  std::uniform_int_distribution<int> level(-kAmplitude, kAmplitude);
  for (auto left = static_cast<std::size_t>(seconds * kSampleRate); left > 0; --left) {
    const auto sample = static_cast<std::uint16_t>(level(random));
    pcm_ += static_cast<char>(sample & 0xFFU);
    pcm_ += static_cast<char>(sample >> 8U);
  }
}

std::string SpokenWords::text() const {
  std::string text;
  for (const SpokenWord& word : words_) text += (text.empty() ? "" : " ") + word.text;
  return text;
}

double SpokenWords::duration_s() const { return static_cast<double>(pcm_.size()) / (2.0 * kSampleRate); }

void SpokenWords::write(const std::filesystem::path& wav) const {
  std::ofstream(wav, std::ios::binary) << wav_of(pcm_, kSampleRate);
}

std::vector<std::pair<std::string, std::string>> test_words() {
  std::ifstream file(test_words_model().parent_path() / "words.tsv");
  std::vector<std::pair<std::string, std::string>> words;
  std::string line;
  std::getline(file, line);  // the names of the columns
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    std::pair<std::string, std::string> word;
    if (columns >> word.first >> word.second) words.push_back(std::move(word));
  }
  return words;
}

std::map<std::string, std::string> meanings_of_test_words(const std::string& language) {
  std::ifstream file(test_words_model().parent_path() / "words.tsv");
  std::string line;
  std::getline(file, line);  // the names of the columns
  std::istringstream names(line);
  std::ptrdiff_t column = 0;
  for (std::string name; names >> name && name != language;) ++column;
  std::map<std::string, std::string> meanings;
  while (std::getline(file, line)) {
    std::istringstream columns(line);
    const std::vector<std::string> words{std::istream_iterator<std::string>(columns), {}};
    meanings[words.at(0)] = words.at(static_cast<std::size_t>(column));
  }
  return meanings;
}

std::filesystem::path test_words_model() {
  return std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/data/test_words/ggml-test-words.bin";
}

std::filesystem::path test_translate_package(const std::string& target) {
  return std::filesystem::path(VOXLATE_SOURCE_DIR) / "tests/data/test_translate" /
         ("translate-test_en_" + target + ".argosmodel");
}

}  // namespace voxlate::e2e
