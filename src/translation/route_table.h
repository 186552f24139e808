#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "translation/sentence_engine.h"
#include "voxlate/translator.h"

namespace voxlate::translation {

/// One translation of a text on its way to the target.
struct Step {
  std::size_t engine = 0;  ///< index
  EnginePair pair;

  bool operator==(const Step&) const = default;
};

/// One step, or two over a language between.
using Way = std::vector<Step>;

/// "apertium eng-spa, apertium spa-cat"
std::string name_of(const Way& way);

/// Which languages engines reach from which, and how. Immutable.
class RouteTable {
 public:
  /// What each engine can do, the preferred engine first.
  explicit RouteTable(std::vector<std::vector<EnginePair>> pairs_of_engines);

  const std::vector<std::vector<EnginePair>>& pairs_of_engines() const { return pairs_; }

  /// Direct ones first, each kind ordered by source and target.
  const std::vector<TranslationRoute>& routes() const { return routes_; }

  /// The best route between the languages of the tags: a direct one before one over a language between, then one to
  /// exactly these tags before one that only has the languages. Null: none.
  const TranslationRoute* find(std::string_view source, std::string_view target) const;

  /// The best way between exactly these tags over engines that `may_use` allows: straight by the first engine that
  /// can, else over English, Spanish, or another language in alphabetical order. Empty: none.
  Way way(const std::string& source, const std::string& target,
          const std::function<bool(std::size_t engine)>& may_use) const;

 private:
  using Key = std::pair<std::string, std::string>;

  const Step* direct(const std::string& source, const std::string& target,
                     const std::function<bool(std::size_t)>& may_use) const;

  const std::vector<std::vector<EnginePair>> pairs_;
  std::map<Key, std::vector<Step>> direct_;  // by preference
  std::vector<std::string> pivots_;          // by preference
  std::vector<TranslationRoute> routes_;
};

}  // namespace voxlate::translation
