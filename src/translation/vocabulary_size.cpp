#include "translation/vocabulary_size.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/file.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

constexpr std::uint64_t kMaxFileBytes = std::uint64_t{64} << 20U;

bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool all_lower(std::string_view text) { return std::all_of(text.begin(), text.end(), is_lower); }

/// "eng_Latn", as the codes of FLORES-200 are.
bool is_nllb_language(std::string_view token) {
  return token.size() == 8 && all_lower(token.substr(0, 3)) && token[3] == '_' && token[4] >= 'A' && token[4] <= 'Z' &&
         all_lower(token.substr(5));
}

/// "__en__", "__ceb__".
bool is_m2m_language(std::string_view token) {
  if (token.size() < 6 || token.size() > 7 || !token.starts_with("__") || !token.ends_with("__")) return false;
  return all_lower(token.substr(2, token.size() - 4));
}

class Count {
 public:
  explicit Count(std::string_view unknown) : unknown_(unknown) {}

  void add(std::string_view token) {
    ++size_.tokens;
    size_.nllb_languages += is_nllb_language(token) ? 1 : 0;
    size_.m2m_languages += is_m2m_language(token) ? 1 : 0;
    has_unknown_ = has_unknown_ || token == unknown_;
  }

  VocabularySize finish() {
    size_.tokens += has_unknown_ ? 0 : 1;
    return size_;
  }

 private:
  const std::string_view unknown_;
  bool has_unknown_ = false;
  VocabularySize size_;
};

/// Takes an array of strings and nothing else; keeps none of them.
class StringCounter final : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit StringCounter(Count& count) : count_(count) {}

  bool null() override { return false; }
  bool boolean(bool) override { return false; }
  bool number_integer(number_integer_t) override { return false; }
  bool number_unsigned(number_unsigned_t) override { return false; }
  bool number_float(number_float_t, const string_t&) override { return false; }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return false; }
  bool key(string_t&) override { return false; }
  bool end_object() override { return false; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t, const std::string&, const nlohmann::json::exception&) override { return false; }
  bool string(string_t& token) override {
    if (!open_) return false;
    count_.add(token);
    return true;
  }
  bool start_array(std::size_t) override {
    const bool first = !open_;
    open_ = true;
    return first;
  }

 private:
  Count& count_;
  bool open_ = false;
};

}  // namespace

VocabularySize count_vocabulary(const std::filesystem::path& path, std::string_view unknown) {
  const std::string text = read_file(path, kMaxFileBytes);
  Count count(unknown);
  if (path.extension() == ".json") {
    StringCounter counter(count);
    if (!nlohmann::json::sax_parse(text, &counter)) {
      throw Error(ErrorCode::kCorrupt, path.filename().string() + ": expected a JSON array of strings");
    }
    return count.finish();
  }
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    count.add(line);
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return count.finish();
}

}  // namespace voxlate::translation
