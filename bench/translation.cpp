// How fast a translation network translates tokens, and what it says: for comparisons with other engines on the same
// tokens. README.md beside it has the commands.

#include <fmt/format.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <future>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "model_file/ctranslate2_file.h"
#include "nn/compute.h"
#include "translation/net/ctranslate2_reader.h"
#include "translation/net/network.h"
#include "translation/sentence_batcher.h"
#include "translation/vocabulary.h"

namespace {

using namespace voxlate;
using namespace voxlate::translation;

struct Sentence {
  int forced_tokens = 0;  // of the translation; 0: as many as it takes
  std::vector<int> tokens;
};

struct Arguments {
  std::string model;
  std::string type = "auto";
  std::string start = "<s>";
  std::string file;
  SearchOptions search;
  int threads = 2;
  int sentences = 32;
  int repeats = 0;
  bool forced = false;
};

std::vector<Sentence> read_sentences(const Arguments& arguments, const Vocabulary& vocabulary) {
  const int unknown = vocabulary.find("<unk>").value_or(0);
  std::vector<Sentence> sentences;
  std::ifstream file(arguments.file);
  for (std::string line; std::getline(file, line);) {
    Sentence& sentence = sentences.emplace_back();
    if (arguments.forced) {
      sentence.forced_tokens = std::stoi(line);
      line.erase(0, line.find('\t') + 1);
    }
    for (std::size_t begin = 0; begin < line.size();) {
      const std::size_t end = std::min(line.find(' ', begin), line.size());
      sentence.tokens.push_back(vocabulary.find(line.substr(begin, end - begin)).value_or(unknown));
      begin = end + 1;
    }
  }
  return sentences;
}

class Translating {
 public:
  Translating(const Arguments& arguments, const Network& network, const Vocabulary& target)
      : arguments_(arguments),
        batcher_(network, {.max_sentences = static_cast<std::size_t>(arguments.sentences) + 1}),
        start_(target.find(arguments.start).value_or(0)),
        end_(target.find("</s>").value_or(0)) {}

  std::vector<SentenceBatcher::Result> translate(std::vector<Sentence> sentences) {
    std::vector<std::future<SentenceBatcher::Result>> waiting;
    for (Sentence& sentence : sentences) {
      SentenceBatcher::Request request{
          .tokens = std::move(sentence.tokens), .prompt = {start_}, .end = end_, .search = arguments_.search};
      if (sentence.forced_tokens > 0) request.search.min_tokens = request.search.max_tokens = sentence.forced_tokens;
      waiting.push_back(batcher_.submit(std::move(request), {}));
    }
    std::vector<SentenceBatcher::Result> results;
    for (auto& result : waiting) results.push_back(result.get());
    return results;
  }

 private:
  const Arguments& arguments_;
  SentenceBatcher batcher_;
  const int start_;
  const int end_;
};

double seconds_of(Translating& translating, const std::vector<Sentence>& sentences) {
  const auto begin = std::chrono::steady_clock::now();
  translating.translate(sentences);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void measure(Translating& translating, const std::vector<Sentence>& sentences, int repeats) {
  constexpr std::size_t kAlone = 20;
  std::vector<double> all;
  std::vector<double> alone;
  translating.translate(sentences);
  for (int i = 0; i < repeats; ++i) all.push_back(seconds_of(translating, sentences));
  for (std::size_t i = 0; i < std::min(kAlone, sentences.size()); ++i)
    alone.push_back(seconds_of(translating, {sentences[i * sentences.size() / kAlone]}));
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  constexpr double kKibPerMib = 1024;
  fmt::print(R"({{"seconds": {:.3f}, "one_sentence_ms": {:.2f}, "peak_mib": {:.0f}}})"
             "\n",
             median(all), 1000 * median(alone), static_cast<double>(usage.ru_maxrss) / kKibPerMib);
}

void show(const std::vector<SentenceBatcher::Result>& results, const Vocabulary& target, bool n_best) {
  for (const SentenceBatcher::Result& result : results) {
    for (const SentenceBatcher::Translation& translation : result) {
      fmt::print("{:.6g}\t", translation.hypothesis.score);
      const char* separator = "";
      for (const int token : translation.hypothesis.tokens) {
        fmt::print("{}{}", separator, target.token(token));
        separator = " ";
      }
      fmt::print("\n");
    }
    if (n_best) fmt::print("\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Translates lines of tokens with a CTranslate2 model");
  app.add_option("MODEL", arguments.model, "folder with model.bin and its vocabularies")->required();
  app.add_option("FILE", arguments.file, "a sentence a line, its tokens separated by spaces")->required();
  app.add_option("--type", arguments.type, "auto, float32, float16, int8");
  app.add_option("--start", arguments.start, "token that a translation begins with");
  app.add_option("--beam", arguments.search.beam_size, "hypotheses of a sentence");
  app.add_option("--n-best", arguments.search.n_best, "translations to print");
  app.add_option("--length-penalty", arguments.search.length_penalty, "exponent of the length");
  app.add_option("--max-tokens", arguments.search.max_tokens, "of a translation");
  app.add_option("--threads", arguments.threads, "that compute");
  app.add_option("--sentences", arguments.sentences, "decoded at once");
  app.add_option("--repeats", arguments.repeats, "measure instead of printing");
  app.add_flag("--forced", arguments.forced, "lines begin with the length of the translation and a tab");
  CLI11_PARSE(app, argc, argv);
  arguments.search.cut_loops = false;

  const auto folder = std::filesystem::path(arguments.model);
  const auto file = model_file::CTranslate2File::open(folder / "model.bin");
  nn::Compute compute(arguments.threads);
  const auto network =
      Network::build(CTranslate2Reader(*file), compute, find_compute_type(arguments.type).value_or(ComputeType::kAuto));
  std::optional<Vocabulary> source = Vocabulary::open(folder, "shared_vocabulary");
  std::optional<Vocabulary> target = Vocabulary::open(folder, "shared_vocabulary");
  if (!source) source = Vocabulary::open(folder, "source_vocabulary");
  if (!target) target = Vocabulary::open(folder, "target_vocabulary");
  const std::vector<Sentence> sentences = read_sentences(arguments, *source);
  fmt::print(stderr, "{}, {} MiB\n", network->description(), network->size_bytes() >> 20);
  Translating translating(arguments, *network, *target);
  if (arguments.repeats > 0)
    measure(translating, sentences, arguments.repeats);
  else
    show(translating.translate(sentences), *target, arguments.search.n_best > 1);
}
