#pragma once

#include <memory>
#include <string_view>

namespace voxlate::subtitles {

/// Counts what a reader sees as one character (grapheme clusters, Unicode UAX 29). Not thread-safe.
class GraphemeCounter {
 public:
  GraphemeCounter();
  ~GraphemeCounter();
  GraphemeCounter(const GraphemeCounter&) = delete;
  GraphemeCounter& operator=(const GraphemeCounter&) = delete;

  /// Clusters in `text` (UTF-8; each malformed byte counts as one).
  int count(std::string_view text);

  /// As `count`, without formatting tags: `<i> </b> <font …> <c.name> <v Name> <00:01.000>` and `{\an8}`.
  int count_visible(std::string_view line);

 private:
  struct Iterator;
  std::unique_ptr<Iterator> iterator_;
};

}  // namespace voxlate::subtitles
