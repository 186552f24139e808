#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace voxlate::e2e {

struct SpokenWord {
  std::string text;
  double begin_s = 0;
  double end_s = 0;
};

/// Speech of single words by espeak-ng, put together with silence between them, so that it is known when each word
/// is said. Needs the program espeak-ng.
class SpokenWords {
 public:
  struct Voice {
    std::string name;  ///< "en-us+m4"
    int words_per_minute = 165;
    int pitch = 45;
  };

  /// Throws std::runtime_error when espeak-ng does not say it.
  void say(const std::string& word, const Voice& voice);
  void pause(double seconds);

  /// White noise, a hundredth of the full amplitude.
  void noise(double seconds);

  const std::vector<SpokenWord>& words() const { return words_; }
  std::string text() const;
  double duration_s() const;
  void write(const std::filesystem::path& wav) const;

 private:
  std::string pcm_;
  std::vector<SpokenWord> words_;
  std::map<std::string, std::string> said_;  // samples of the words said before, by voice and text
};

/// The words that the model in tests/data/test_words knows: English and Spanish, in pairs of one meaning.
std::vector<std::pair<std::string, std::string>> test_words();

/// The same words from English into a language that has a column in `words.tsv`: "es", "th".
std::map<std::string, std::string> meanings_of_test_words(const std::string& language);

/// That model's file.
std::filesystem::path test_words_model();

/// The translation model in tests/data/test_translate for these words, as an archive: from English into "es" or "th".
std::filesystem::path test_translate_package(const std::string& target);

}  // namespace voxlate::e2e
