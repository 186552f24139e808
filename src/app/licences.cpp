#include "app/licences.h"

#include <fmt/format.h>

#include <cstddef>
#include <string_view>

namespace voxlate::app {
namespace {

struct Entry {
  std::string_view name;
  std::string_view licence;
  std::string_view role;
};

// As Debian packages them; the full texts are in /usr/share/doc/<package>/copyright.
constexpr Entry kLinked[] = {
    {"FFmpeg", "GPL-2.0-or-later", "reads and decodes media; LGPL-2.1-or-later where built without its GPL parts"},
    {"PocketSphinx, SphinxBase", "BSD-2-Clause", "speech recognition"},
    {"hiredis", "BSD-3-Clause", "reads what a Redis says"},
    {"SQLite", "public domain", "job queue and database"},
    {"cpp-httplib", "MIT", "HTTP"},
    {"OpenSSL", "Apache-2.0", "hashing; TLS inside cpp-httplib"},
    {"libsodium", "ISC", "hashes of passwords"},
    {"libcurl", "curl", "downloads of models, requests to servers that translate"},
    {"libzip", "BSD-3-Clause", "unpacking of translation packages"},
    {"Compact Language Detector 2", "Apache-2.0", "language of a text"},
    {"zlib", "Zlib", "compression in HTTP, and the measure of texts that repeat themselves"},
    {"Brotli", "MIT", "compression inside cpp-httplib"},
    {"ICU", "Unicode", "word and line boundaries, case folding"},
    {"JSON for Modern C++", "MIT", "JSON"},
    {"spdlog", "MIT", "log"},
    {"{fmt}", "MIT with exception", "text formatting"},
    {"CLI11", "BSD-3-Clause", "command line"},
    {"toml++", "MIT", "settings file"},
#ifdef VOXLATE_WITH_TORCH
    {"PyTorch (libtorch)", "BSD-3-Clause", "the Whisper network on GPUs"},
#endif
    {"GNU C and C++ libraries", "LGPL-2.1-or-later; GPL-3.0-or-later with runtime exception", "standard libraries"},
};

constexpr Entry kStarted[] = {
    {"Apertium, lttoolbox", "GPL-2.0-or-later", "translation"},
    {"apertium-lex-tools", "GPL-3.0", "translation: choice of words"},
    {"apertium-eng-spa", "GPL-2.0", "language data, English and Spanish"},
};

constexpr Entry kData[] = {
    {"pocketsphinx-en-us", "BSD-2-Clause", "US English acoustic and language model"},
};

constexpr Entry kEmbedded[] = {
    {"Svelte", "MIT", "runtime of the browser client"},
    {"tus-js-client", "MIT", "uploads of the browser client"},
    {"uPlot", "MIT", "charts of the browser client"},
    {"clsx, esm-env", "MIT", "parts of that runtime"},
};

template <std::size_t kSize>
void append(std::string& text, std::string_view title, const Entry (&entries)[kSize]) {
  text += fmt::format("\n{}\n", title);
  for (const Entry& entry : entries) text += fmt::format("  {}: {} ({})\n", entry.name, entry.licence, entry.role);
}

}  // namespace

std::string licences() {
  std::string text =
      "voxlate: MIT, copyright 2026 the voxlate authors\n"
      "A program linked with Debian's FFmpeg may be passed on under the GNU General Public License only.\n";
  append(text, "Linked libraries", kLinked);
  append(text, "Programs started, not linked", kStarted);
  append(text, "Data read", kData);
  append(text, "Embedded in the browser client", kEmbedded);
  text += "\nOther language pairs of Apertium have licences of their own. Full texts: /usr/share/doc/*/copyright\n";
  return text;
}

}  // namespace voxlate::app
