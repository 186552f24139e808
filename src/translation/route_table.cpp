#include "translation/route_table.h"

#include <algorithm>
#include <set>

#include "translation/language_codes.h"

namespace voxlate::translation {
namespace {

/// Pivot languages that come before all others.
std::size_t pivot_rank(std::string_view language) {
  if (language == "en") return 0;
  return language == "es" ? 1 : 2;
}

/// 0 for the tag asked for, 1 for its plain language, 2 for another region of it.
int distance(const std::string& offered, const std::string& tag, const std::string& base) {
  if (offered == tag) return 0;
  return offered == base ? 1 : 2;
}

bool any_engine(std::size_t) { return true; }

}  // namespace

std::string name_of(const Way& way) {
  std::string name;
  for (const Step& step : way) name += (name.empty() ? "" : ", ") + step.pair.name;
  return name;
}

RouteTable::RouteTable(std::vector<std::vector<EnginePair>> pairs_of_engines) : pairs_(std::move(pairs_of_engines)) {
  std::set<std::string> languages;
  for (std::size_t engine = 0; engine < pairs_.size(); ++engine) {
    for (const EnginePair& pair : pairs_[engine]) {
      direct_[{pair.source, pair.target}].push_back({.engine = engine, .pair = pair});
      languages.insert({pair.source, pair.target});
    }
  }
  for (const auto& [key, steps] : direct_) {
    routes_.push_back({.source = key.first, .target = key.second, .engine = steps.front().pair.name, .through = {}});
  }
  pivots_.assign(languages.begin(), languages.end());
  std::stable_sort(pivots_.begin(), pivots_.end(),
                   [](const std::string& a, const std::string& b) { return pivot_rank(a) < pivot_rank(b); });
  for (const std::string& source : languages) {
    for (const std::string& target : languages) {
      if (base_language(source) == base_language(target) || direct_.count({source, target}) != 0) continue;
      const Way found = way(source, target, any_engine);
      if (found.empty()) continue;
      routes_.push_back(
          {.source = source, .target = target, .engine = name_of(found), .through = {found.front().pair.target}});
    }
  }
}

const TranslationRoute* RouteTable::find(std::string_view source, std::string_view target) const {
  const std::string source_tag = normalise_tag(source);
  const std::string target_tag = normalise_tag(target);
  const std::string source_base = base_language(source);
  const std::string target_base = base_language(target);
  if (source_base == target_base) return nullptr;
  const TranslationRoute* best = nullptr;
  int best_score = 0;
  for (const TranslationRoute& route : routes_) {
    if (base_language(route.source) != source_base || base_language(route.target) != target_base) continue;
    const int score = (route.through.empty() ? 0 : 100) + 10 * distance(route.target, target_tag, target_base) +
                      distance(route.source, source_tag, source_base);
    if (best == nullptr || score < best_score) {
      best = &route;
      best_score = score;
    }
  }
  return best;
}

const Step* RouteTable::direct(const std::string& source, const std::string& target,
                               const std::function<bool(std::size_t)>& may_use) const {
  const auto found = direct_.find({source, target});
  if (found == direct_.end()) return nullptr;
  for (const Step& step : found->second) {
    if (may_use(step.engine)) return &step;
  }
  return nullptr;
}

Way RouteTable::way(const std::string& source, const std::string& target,
                    const std::function<bool(std::size_t)>& may_use) const {
  if (const Step* step = direct(source, target, may_use); step != nullptr) return {*step};
  for (const std::string& pivot : pivots_) {
    const Step* first = direct(source, pivot, may_use);
    if (first == nullptr) continue;
    const Step* second = direct(pivot, target, may_use);
    if (second != nullptr) return {*first, *second};
  }
  return {};
}

}  // namespace voxlate::translation
