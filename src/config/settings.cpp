// One table, a row a setting, and what reads the values of its rows: it is longer than a file should be because each
// setting stands in one place, with its name, its environment variables, its help, and both directions of its text.

#include "config/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <numeric>

#include "base/ip_address.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

[[noreturn]] void expected(std::string_view what, std::string_view got) {
  throw Error(ErrorCode::kInvalidInput, fmt::format("expected {}, got \"{}\"", what, got));
}

template <typename Integer>
Integer parse_integer(std::string_view text, Integer low, Integer high) {
  Integer value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    expected(fmt::format("a whole number from {} to {}", low, high), text);
  }
  return value;
}

int parse_int(std::string_view text, int low, int high) { return parse_integer<int>(text, low, high); }

constexpr std::uint64_t kMaxBytes = std::uint64_t{1} << 50U;

/// "1073741824", "512M", "2G": binary multiples.
std::uint64_t parse_bytes(std::string_view text) {
  unsigned shift = 0;
  std::string_view digits = text;
  if (!digits.empty()) {
    switch (digits.back()) {
      case 'K': shift = 10; break;
      case 'M': shift = 20; break;
      case 'G': shift = 30; break;
      case 'T': shift = 40; break;
      default: break;
    }
  }
  if (shift != 0) digits.remove_suffix(1);
  return parse_integer<std::uint64_t>(digits, 0, kMaxBytes >> shift) << shift;
}

double parse_fraction(std::string_view text, double low, double high) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  if (!whole || !(value >= low && value <= high)) expected(fmt::format("a number from {} to {}", low, high), text);
  return value;
}

std::chrono::milliseconds parse_milliseconds(std::string_view text, int low, int high) {
  return std::chrono::milliseconds(parse_int(text, low, high));
}

std::string show_milliseconds(std::chrono::milliseconds value) { return std::to_string(value.count()); }

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> items;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find_first_of(", "), text.size());
    if (comma > 0) items.emplace_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return items;
}

std::vector<std::string> parse_networks(std::string_view value) {
  std::vector<std::string> networks = parse_list(value);
  for (const std::string& network : networks) {
    if (!IpRange::parse(network)) expected("IP addresses or networks such as 10.0.0.7 or fd00::/8", network);
  }
  return networks;
}

void set_log_level(Config& config, std::string_view value) {
  constexpr std::string_view kLevels[] = {"debug", "info", "warning", "error"};
  if (std::find(std::begin(kLevels), std::end(kLevels), value) == std::end(kLevels)) {
    expected("debug, info, warning or error", value);
  }
  config.log_level = value;
}

void set_profile(Config& config, std::string_view value) {
  if (value == "development") {
    config.profile = Profile::kDevelopment;
  } else if (value == "production") {
    config.profile = Profile::kProduction;
  } else {
    expected("development or production", value);
  }
}

void set_pairs(Config& config, std::string_view value) {
  config.translation_pairs = value == "all" ? std::vector<std::string>{} : parse_list(value);
  for (const std::string& pair : config.translation_pairs) {
    const std::size_t dash = pair.find('-');
    if (dash == std::string::npos || dash == 0 || dash + 1 == pair.size()) {
      expected("pairs such as en-es, or all", pair);
    }
  }
}

void set_ports(Config& config, std::string_view value) {
  config.remote_allowed_ports.clear();
  for (const std::string& port : parse_list(value)) config.remote_allowed_ports.push_back(parse_int(port, 1, 65535));
}

std::string parse_choice(std::string_view text, std::initializer_list<std::string_view> choices) {
  if (std::find(choices.begin(), choices.end(), text) == choices.end())
    expected(fmt::format("one of {}", fmt::join(choices, ", ")), text);
  return std::string(text);
}

std::string parse_device(std::string_view value) {
  constexpr std::string_view kNumbered = "cuda:";
  constexpr int kMaxIndex = 63;
  if (value.starts_with(kNumbered)) {
    parse_int(value.substr(kNumbered.size()), 0, kMaxIndex);
  } else if (value != "auto" && value != "cpu" && value != "cuda") {
    expected("auto, cpu, cuda or a device such as cuda:1", value);
  }
  return std::string(value);
}

bool parse_bool(std::string_view text) {
  if (text == "true") return true;
  if (text != "false") expected("true or false", text);
  return false;
}

std::string show_bool(bool value) { return value ? "true" : "false"; }

std::string parse_url(std::string_view text) {
  if (!text.starts_with("https://") && !text.starts_with("http://"))
    expected("an address such as https://huggingface.co", text);
  return std::string(text);
}

/// http:// or https://, a host, perhaps a port and a path.
std::string parse_server_url(std::string_view value) {
  if (value.empty()) return {};
  std::string_view rest = value;
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (rest.starts_with(scheme)) rest.remove_prefix(scheme.size());
  }
  const std::string_view host = rest.substr(0, rest.find('/'));
  const bool has_scheme = rest.size() < value.size();
  const bool is_plain = std::all_of(value.begin(), value.end(), [](char c) { return c > ' ' && c < 0x7F; });
  // An address with a password would show it: `voxlate doctor` prints settings.
  if (host.find('@') != std::string_view::npos) expected("an address without a name and a password", "...@...");
  if (!has_scheme || host.empty() || host.front() == ':' || !is_plain || value.find_first_of("?#") != value.npos)
    expected("an address such as http://127.0.0.1:8080/v1, or nothing", value);
  return std::string(value);
}

/// Each two or three letters, perhaps with a script or region.
std::vector<std::string> parse_languages(std::string_view value) {
  std::vector<std::string> tags = parse_list(value);
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (const std::string& tag : tags) {
    const std::size_t base = std::min(tag.find_first_not_of(kLetters), tag.size());
    const bool is_tag = (base == 2 || base == 3) && (base == tag.size() || tag[base] == '-') && tag.back() != '-' &&
                        tag.find_first_not_of("0123456789-" + std::string(kLetters)) == std::string::npos;
    if (!is_tag) expected("language tags such as en or pt-BR", tag);
  }
  if (tags.size() == 1) expected("at least two languages, or none for the default", value);
  return tags;
}

/// "redis://:***@host": the address of a server, without the user and the password in it.
std::string without_password(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t at = url.rfind('@');
  if (at == std::string::npos) return url;
  return (scheme == std::string::npos || scheme > at ? std::string() : url.substr(0, scheme + 3)) + ":***" +
         url.substr(at);
}

std::string show_seconds(std::chrono::seconds value) { return std::to_string(value.count()); }

// Data: one entry a setting.
// NOLINTNEXTLINE(readability-function-size)
const std::vector<Setting>& table() {
  static const std::vector<Setting> kTable = {
      {"profile",
       {"VOXLATE_PROFILE", "FLASK_ENV"},
       "production, or development: log level debug unless set",
       set_profile,
       [](const Config& c) { return std::string(to_string(c.profile)); }},
      {"data_dir",
       {"VOXLATE_DATA_DIR"},
       "folder of the database, uploads and results; default: the XDG data folder",
       [](Config& c, std::string_view v) { c.data_dir = v; },
       [](const Config& c) { return c.data_dir.string(); }},
      {"log.level",
       {"VOXLATE_LOG_LEVEL"},
       "debug, info, warning or error",
       set_log_level,
       [](const Config& c) { return c.log_level; }},

      {"server.host",
       {"VOXLATE_SERVER_HOST", "VOXLATE_HOST"},
       "address to listen on",
       [](Config& c, std::string_view v) { c.host = v; },
       [](const Config& c) { return c.host; }},
      {"server.port",
       {"VOXLATE_SERVER_PORT", "VOXLATE_PORT"},
       "TCP port, 0 to 65535; 0 takes a free one",
       [](Config& c, std::string_view v) { c.port = parse_int(v, 0, 65535); },
       [](const Config& c) { return std::to_string(c.port); }},
      {"server.max_upload_bytes",
       {"VOXLATE_SERVER_MAX_UPLOAD_BYTES", "MAX_FILE_SIZE_BYTES"},
       "largest upload; K, M, G, T are binary multiples",
       [](Config& c, std::string_view v) { c.max_upload_bytes = parse_bytes(v); },
       [](const Config& c) { return std::to_string(c.max_upload_bytes); }},
      {"server.min_free_disk_bytes",
       {"VOXLATE_SERVER_MIN_FREE_DISK_BYTES"},
       "uploads that would leave less free than this are refused with 507",
       [](Config& c, std::string_view v) { c.min_free_disk_bytes = parse_bytes(v); },
       [](const Config& c) { return std::to_string(c.min_free_disk_bytes); }},
      {"server.max_queued_jobs",
       {"VOXLATE_SERVER_MAX_QUEUED_JOBS"},
       "submissions above it are refused with 503",
       [](Config& c, std::string_view v) { c.max_queued_jobs = parse_int(v, 1, 1000000); },
       [](const Config& c) { return std::to_string(c.max_queued_jobs); }},
      {"server.max_connections",
       {"VOXLATE_SERVER_MAX_CONNECTIONS"},
       "connections held at the same time, 16 to 65536; one that waits or is slow costs no thread",
       [](Config& c, std::string_view v) { c.max_connections = parse_int(v, 16, 65536); },
       [](const Config& c) { return std::to_string(c.max_connections); }},
      {"server.max_connections_per_address",
       {"VOXLATE_SERVER_MAX_CONNECTIONS_PER_ADDRESS"},
       "of them by one address, 1 to 65536; this machine and trusted proxies may have all",
       [](Config& c, std::string_view v) { c.max_connections_per_address = parse_int(v, 1, 65536); },
       [](const Config& c) { return std::to_string(c.max_connections_per_address); }},
      {"server.request_threads",
       {"VOXLATE_SERVER_REQUEST_THREADS"},
       "requests worked on at the same time, 4 to 1024; others wait, and for at most 30 s",
       [](Config& c, std::string_view v) { c.request_threads = parse_int(v, 4, 1024); },
       [](const Config& c) { return std::to_string(c.request_threads); }},
      {"server.max_event_streams",
       {"VOXLATE_SERVER_MAX_EVENT_STREAMS"},
       "event streams held at the same time, 1 to 65536; more are refused with 503",
       [](Config& c, std::string_view v) { c.max_event_streams = parse_int(v, 1, 65536); },
       [](const Config& c) { return std::to_string(c.max_event_streams); }},
      {"server.trusted_proxies",
       {"VOXLATE_SERVER_TRUSTED_PROXIES"},
       "addresses or networks (10.0.0.0/8) whose X-Forwarded-For and X-Forwarded-Proto are believed",
       [](Config& c, std::string_view v) { c.trusted_proxies = parse_networks(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.trusted_proxies, ",")); }},

      {"server.max_waiting_requests",
       {"VOXLATE_SERVER_MAX_WAITING_REQUESTS"},
       "requests that wait for their transcript or translation at once, each with a thread, 1 to 1024",
       [](Config& c, std::string_view v) { c.max_waiting_requests = parse_int(v, 1, 1024); },
       [](const Config& c) { return std::to_string(c.max_waiting_requests); }},
      {"server.allowed_hosts",
       {"VOXLATE_SERVER_ALLOWED_HOSTS"},
       "host names under which clients may reach the server, besides localhost and IP addresses",
       [](Config& c, std::string_view v) { c.allowed_hosts = parse_list(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.allowed_hosts, ",")); }},

      {"accounts.mode",
       {"VOXLATE_ACCOUNTS_MODE"},
       "on, off, or auto: off when server.host is a loopback address, else on",
       [](Config& c, std::string_view v) {
         c.accounts_mode = parse_choice(v, {"auto", "on", "off"});
       },
       [](const Config& c) { return c.accounts_mode; }},
      {"accounts.allow_open_network",
       {"VOXLATE_ACCOUNTS_ALLOW_OPEN_NETWORK"},
       "true: listen on an address of the network with accounts off, so that whoever reaches it may do everything",
       [](Config& c, std::string_view v) { c.accounts_allow_open_network = parse_bool(v); },
       [](const Config& c) { return show_bool(c.accounts_allow_open_network); }},
      {"accounts.registration",
       {"VOXLATE_ACCOUNTS_REGISTRATION"},
       "closed (administrators add users), or open: everybody may register",
       [](Config& c, std::string_view v) {
         c.accounts_registration = parse_choice(v, {"closed", "open"});
       },
       [](const Config& c) { return c.accounts_registration; }},
      {"accounts.session_idle_hours",
       {"VOXLATE_ACCOUNTS_SESSION_IDLE_HOURS"},
       "a session not used for so long ends, 1 to 168; after a week it ends in any case",
       [](Config& c, std::string_view v) { c.session_idle_time = std::chrono::hours(parse_int(v, 1, 168)); },
       [](const Config& c) { return std::to_string(c.session_idle_time.count()); }},
      {"accounts.quota_stored_bytes",
       {"VOXLATE_ACCOUNTS_QUOTA_STORED_BYTES"},
       "uploaded media that a user may keep; K, M, G, T are binary multiples; 0: no limit, as for the next two",
       [](Config& c, std::string_view v) { c.quota_stored_bytes = parse_bytes(v); },
       [](const Config& c) { return std::to_string(c.quota_stored_bytes); }},
      {"accounts.quota_jobs_per_day",
       {"VOXLATE_ACCOUNTS_QUOTA_JOBS_PER_DAY"},
       "jobs that a user may make a day of UTC; single users may be given other quotas",
       [](Config& c, std::string_view v) { c.quota_jobs_per_day = parse_int(v, 0, 1000000); },
       [](const Config& c) { return std::to_string(c.quota_jobs_per_day); }},
      {"accounts.quota_minutes_per_day",
       {"VOXLATE_ACCOUNTS_QUOTA_MINUTES_PER_DAY"},
       "length of the media of those jobs",
       [](Config& c, std::string_view v) { c.quota_media_per_day = std::chrono::minutes(parse_int(v, 0, 10000000)); },
       [](const Config& c) { return std::to_string(c.quota_media_per_day.count()); }},
      {"accounts.max_queued_jobs",
       {"VOXLATE_ACCOUNTS_MAX_QUEUED_JOBS"},
       "jobs of one user that wait, administrators included, 1 to 1000000",
       [](Config& c, std::string_view v) { c.max_queued_jobs_per_user = parse_int(v, 1, 1000000); },
       [](const Config& c) { return std::to_string(c.max_queued_jobs_per_user); }},
      {"accounts.max_uploads",
       {"VOXLATE_ACCOUNTS_MAX_UPLOADS"},
       "uploads of one user at the same time, 1 to 256",
       [](Config& c, std::string_view v) { c.max_uploads_per_user = parse_int(v, 1, 256); },
       [](const Config& c) { return std::to_string(c.max_uploads_per_user); }},
      {"accounts.requests_per_minute",
       {"VOXLATE_ACCOUNTS_REQUESTS_PER_MINUTE"},
       "requests of one user, or of one address that is not signed in; 0: no limit",
       [](Config& c, std::string_view v) { c.requests_per_minute = parse_int(v, 0, 1000000); },
       [](const Config& c) { return std::to_string(c.requests_per_minute); }},
      {"accounts.audit_days",
       {"VOXLATE_ACCOUNTS_AUDIT_DAYS"},
       "the record of what concerns security is kept for so long, then moved into archive/, 1 to 36500",
       [](Config& c, std::string_view v) { c.audit_retention = std::chrono::days(parse_int(v, 1, 36500)); },
       [](const Config& c) { return std::to_string(c.audit_retention.count()); }},

      {"uploads.expiry_hours",
       {"VOXLATE_UPLOADS_EXPIRY_HOURS"},
       "resumable uploads without new bytes for so long are deleted, 1 to 720",
       [](Config& c, std::string_view v) { c.upload_expiry = std::chrono::hours(parse_int(v, 1, 720)); },
       [](const Config& c) { return std::to_string(c.upload_expiry.count()); }},
      {"uploads.max_per_user",
       {"VOXLATE_UPLOADS_MAX_PER_USER"},
       "resumable uploads and parts of them at once, until a job takes them, 1 to 10000",
       [](Config& c, std::string_view v) { c.max_uploads_of_user = parse_int(v, 1, 10000); },
       [](const Config& c) { return std::to_string(c.max_uploads_of_user); }},

      {"jobs.max_concurrent",
       {"VOXLATE_JOBS_MAX_CONCURRENT", "MAX_CONCURRENT_JOBS"},
       "jobs that run at once, 1 to 64",
       [](Config& c, std::string_view v) { c.max_concurrent_jobs = parse_int(v, 1, 64); },
       [](const Config& c) { return std::to_string(c.max_concurrent_jobs); }},
      {"jobs.max_attempts",
       {"VOXLATE_JOBS_MAX_ATTEMPTS"},
       "tries before a job fails for good, 1 to 25",
       [](Config& c, std::string_view v) { c.max_attempts = parse_int(v, 1, 25); },
       [](const Config& c) { return std::to_string(c.max_attempts); }},
      {"jobs.timeout_seconds",
       {"VOXLATE_JOBS_TIMEOUT_SECONDS", "PROCESSING_TIMEOUT_SECONDS"},
       "a job without progress for so long is stopped",
       [](Config& c, std::string_view v) { c.stall_timeout = std::chrono::seconds(parse_int(v, 1, 86400)); },
       [](const Config& c) { return show_seconds(c.stall_timeout); }},
      {"jobs.large_file_timeout_seconds",
       {"VOXLATE_JOBS_LARGE_FILE_TIMEOUT_SECONDS", "LARGE_FILE_TIMEOUT_SECONDS"},
       "the same for files above 1 GiB",
       [](Config& c, std::string_view v) { c.large_file_stall_timeout = std::chrono::seconds(parse_int(v, 1, 86400)); },
       [](const Config& c) { return show_seconds(c.large_file_stall_timeout); }},
      {"jobs.brief_media_seconds",
       {"VOXLATE_JOBS_BRIEF_MEDIA_SECONDS"},
       "a waiting request with media of at most this length has a worker of its own, 1 to 3600",
       [](Config& c, std::string_view v) { c.brief_media = std::chrono::seconds(parse_int(v, 1, 3600)); },
       [](const Config& c) { return show_seconds(c.brief_media); }},
      {"jobs.retention_hours",
       {"VOXLATE_JOBS_RETENTION_HOURS"},
       "finished jobs, their media and results are deleted after this, 1 to 87600",
       [](Config& c, std::string_view v) { c.retention = std::chrono::hours(parse_int(v, 1, 87600)); },
       [](const Config& c) { return std::to_string(c.retention.count()); }},

      {"media.max_duration_hours",
       {"VOXLATE_MEDIA_MAX_DURATION_HOURS"},
       "longest media accepted, 1 to 1000",
       [](Config& c, std::string_view v) { c.max_media_duration = std::chrono::hours(parse_int(v, 1, 1000)); },
       [](const Config& c) { return std::to_string(c.max_media_duration.count()); }},
      {"media.worker",
       {"VOXLATE_MEDIA_WORKER", "USE_PROCESS_POOL"},
       "true: uploads are read by sandboxed processes of their own; false: within the server",
       [](Config& c, std::string_view v) { c.media_worker = parse_bool(v); },
       [](const Config& c) { return show_bool(c.media_worker); }},
      {"media.worker_program",
       {"VOXLATE_MEDIA_WORKER_PROGRAM"},
       "the program that they run; default: voxlate-media in the folder of voxlate",
       [](Config& c, std::string_view v) { c.media_worker_program = v; },
       [](const Config& c) { return c.media_worker_program.string(); }},

      {"whisper.threads",
       {"VOXLATE_WHISPER_THREADS"},
       "threads that compute, 0 to 256; 0: one a core",
       [](Config& c, std::string_view v) { c.whisper_threads = parse_int(v, 0, 256); },
       [](const Config& c) { return std::to_string(c.whisper_threads); }},
      {"whisper.device",
       {"VOXLATE_WHISPER_DEVICE"},
       "auto (CUDA where there is a device, else the CPU), cpu, cuda, or cuda:1 for the second device",
       [](Config& c, std::string_view v) { c.whisper_device = parse_device(v); },
       [](const Config& c) { return c.whisper_device; }},
      {"whisper.compute_type",
       {"VOXLATE_WHISPER_COMPUTE_TYPE"},
       "auto (float16 on CUDA, else int8 for quantised models and float32 for others), float32, float16 or int8",
       [](Config& c, std::string_view v) {
         c.whisper_compute_type = parse_choice(v, {"auto", "float32", "float16", "int8"});
       },
       [](const Config& c) { return c.whisper_compute_type; }},
      {"whisper.long_audio",
       {"VOXLATE_WHISPER_LONG_AUDIO"},
       "chunked (cut at pauses, windows decoded together) or sequential (one after another, with context)",
       [](Config& c, std::string_view v) {
         c.whisper_long_audio = parse_choice(v, {"chunked", "sequential"});
       },
       [](const Config& c) { return c.whisper_long_audio; }},
      {"whisper.beam_size",
       {"VOXLATE_WHISPER_BEAM_SIZE"},
       "texts followed at once while decoding, 1 to 16; 1 is fastest",
       [](Config& c, std::string_view v) { c.whisper_beam_size = parse_int(v, 1, 16); },
       [](const Config& c) { return std::to_string(c.whisper_beam_size); }},
      {"whisper.best_of",
       {"VOXLATE_WHISPER_BEST_OF"},
       "samples of which the best is taken where the first text was doubtful, 1 to 16",
       [](Config& c, std::string_view v) { c.whisper_best_of = parse_int(v, 1, 16); },
       [](const Config& c) { return std::to_string(c.whisper_best_of); }},
      {"whisper.fallback",
       {"VOXLATE_WHISPER_FALLBACK"},
       "a doubtful text is decoded again at higher temperatures",
       [](Config& c, std::string_view v) { c.whisper_fallback = parse_bool(v); },
       [](const Config& c) { return show_bool(c.whisper_fallback); }},
      {"whisper.max_windows",
       {"VOXLATE_WHISPER_MAX_WINDOWS"},
       "windows of 30 s decoded together, over all jobs, 1 to 64",
       [](Config& c, std::string_view v) { c.whisper_max_windows = parse_int(v, 1, 64); },
       [](const Config& c) { return std::to_string(c.whisper_max_windows); }},
      {"whisper.whole_windows",
       {"VOXLATE_WHISPER_WHOLE_WINDOWS"},
       "encode 30 s for audio below 15 s too, as OpenAI's code does, instead of 2 s of silence behind it",
       [](Config& c, std::string_view v) { c.whisper_whole_windows = parse_bool(v); },
       [](const Config& c) { return show_bool(c.whisper_whole_windows); }},
      {"whisper.cuda_allocator",
       {"PYTORCH_CUDA_ALLOC_CONF"},
       "how libtorch manages the memory of a GPU, in its own words",
       [](Config& c, std::string_view v) { c.cuda_allocator = v; },
       [](const Config& c) { return c.cuda_allocator; }},

      {"vad.threshold",
       {"VOXLATE_VAD_THRESHOLD"},
       "probability from which Silero's network means speech, 0.05 to 0.95",
       [](Config& c, std::string_view v) { c.vad_threshold = parse_fraction(v, 0.05, 0.95); },
       [](const Config& c) { return fmt::format("{}", c.vad_threshold); }},
      {"vad.min_speech_duration_ms",
       {"VOXLATE_VAD_MIN_SPEECH_DURATION_MS"},
       "shorter bursts that Silero's network takes for speech are dropped, 0 to 5000",
       [](Config& c, std::string_view v) { c.vad_min_speech = parse_milliseconds(v, 0, 5000); },
       [](const Config& c) { return show_milliseconds(c.vad_min_speech); }},
      {"vad.min_silence_duration_ms",
       {"VOXLATE_VAD_MIN_SILENCE_DURATION_MS"},
       "shorter pauses do not end a stretch of speech, 0 to 5000",
       [](Config& c, std::string_view v) { c.vad_min_silence = parse_milliseconds(v, 0, 5000); },
       [](const Config& c) { return show_milliseconds(c.vad_min_silence); }},
      {"vad.speech_pad_ms",
       {"VOXLATE_VAD_SPEECH_PAD_MS"},
       "kept before and after speech, at most half of a pause, 0 to 1000",
       [](Config& c, std::string_view v) { c.vad_padding = parse_milliseconds(v, 0, 1000); },
       [](const Config& c) { return show_milliseconds(c.vad_padding); }},
      {"vad.max_speech_duration_s",
       {"VOXLATE_VAD_MAX_SPEECH_DURATION_S"},
       "longer speech is cut at its best pause, 5 to 27",
       [](Config& c, std::string_view v) { c.vad_max_speech = std::chrono::seconds(parse_int(v, 5, 27)); },
       [](const Config& c) { return show_seconds(c.vad_max_speech); }},

      {"sphinx.model_dir",
       {"VOXLATE_SPHINX_MODEL_DIR"},
       "folder with the en-us model; default: the package's",
       [](Config& c, std::string_view v) { c.sphinx_model_dir = v; },
       [](const Config& c) { return c.sphinx_model_dir.string(); }},
      {"sphinx.decoders",
       {"VOXLATE_SPHINX_DECODERS"},
       "utterances recognised at once, 130 MB each; 0: one a core, at most 4",
       [](Config& c, std::string_view v) { c.sphinx_decoders = parse_int(v, 0, 64); },
       [](const Config& c) { return std::to_string(c.sphinx_decoders); }},

      {"translation.device",
       {"VOXLATE_TRANSLATION_DEVICE"},
       "of neural translation: auto (CUDA where there is a device, else the CPU), cpu, cuda, or cuda:1",
       [](Config& c, std::string_view v) { c.translation_device = parse_device(v); },
       [](const Config& c) { return c.translation_device; }},
      {"translation.compute_type",
       {"VOXLATE_TRANSLATION_COMPUTE_TYPE"},
       "of neural translation: auto (float16 on CUDA, else int8 where the file has integers), float32, float16, int8",
       [](Config& c, std::string_view v) {
         c.translation_compute_type = parse_choice(v, {"auto", "float32", "float16", "int8"});
       },
       [](const Config& c) { return c.translation_compute_type; }},
      {"translation.beam_size",
       {"VOXLATE_TRANSLATION_BEAM_SIZE"},
       "translations of a sentence that are followed side by side; 1: greedy",
       [](Config& c, std::string_view v) { c.translation_beam_size = parse_int(v, 1, 16); },
       [](const Config& c) { return std::to_string(c.translation_beam_size); }},
      {"translation.max_sentences",
       {"VOXLATE_TRANSLATION_MAX_SENTENCES"},
       "sentences translated at once by a model",
       [](Config& c, std::string_view v) { c.translation_max_sentences = parse_int(v, 1, 256); },
       [](const Config& c) { return std::to_string(c.translation_max_sentences); }},
      {"translation.cache_mb",
       {"VOXLATE_TRANSLATION_CACHE_MB"},
       "memory for translations of sentences that come again, where cache.type is memory; 0: none are kept anywhere",
       [](Config& c, std::string_view v) { c.translation_cache_mb = parse_int(v, 0, 4096); },
       [](const Config& c) { return std::to_string(c.translation_cache_mb); }},
      {"translation.max_text_characters",
       {"VOXLATE_TRANSLATION_MAX_TEXT_CHARACTERS"},
       "of all texts in one request to /translate, 100 to 1000000",
       [](Config& c, std::string_view v) { c.max_text_characters = parse_int(v, 100, 1'000'000); },
       [](const Config& c) { return std::to_string(c.max_text_characters); }},
      {"translation.max_texts",
       {"VOXLATE_TRANSLATION_MAX_TEXTS"},
       "texts in one request to /translate, 1 to 10000",
       [](Config& c, std::string_view v) { c.max_texts = parse_int(v, 1, 10'000); },
       [](const Config& c) { return std::to_string(c.max_texts); }},
      {"translation.modes_dir",
       {"VOXLATE_TRANSLATION_MODES_DIR"},
       "folder of Apertium's installed modes",
       [](Config& c, std::string_view v) { c.apertium_modes_dir = v; },
       [](const Config& c) { return c.apertium_modes_dir.string(); }},
      {"translation.pairs",
       {"VOXLATE_TRANSLATION_PAIRS"},
       "pairs to offer, as en-es; all: every one installed",
       set_pairs,
       [](const Config& c) {
         return c.translation_pairs.empty() ? std::string("all")
                                            : fmt::format("{}", fmt::join(c.translation_pairs, ","));
       }},

      {"translation.libretranslate_url",
       {"VOXLATE_TRANSLATION_LIBRETRANSLATE_URL"},
       "server with LibreTranslate's protocol, as http://127.0.0.1:5000; the text goes there; empty: none",
       [](Config& c, std::string_view v) { c.libretranslate_url = parse_server_url(v); },
       [](const Config& c) { return c.libretranslate_url; }},
      {"translation.libretranslate_key_file",
       {"VOXLATE_TRANSLATION_LIBRETRANSLATE_KEY_FILE"},
       "file with its key in one line; the environment's VOXLATE_LIBRETRANSLATE_KEY comes before it",
       [](Config& c, std::string_view v) { c.libretranslate_key_file = v; },
       [](const Config& c) { return c.libretranslate_key_file.string(); }},
      {"translation.chat_url",
       {"VOXLATE_TRANSLATION_CHAT_URL"},
       "server for chat completions, as http://127.0.0.1:11434/v1; the text goes there; empty: none",
       [](Config& c, std::string_view v) { c.chat_url = parse_server_url(v); },
       [](const Config& c) { return c.chat_url; }},
      {"translation.chat_model",
       {"VOXLATE_TRANSLATION_CHAT_MODEL"},
       "its model, as the server names it",
       [](Config& c, std::string_view v) { c.chat_model = v; },
       [](const Config& c) { return c.chat_model; }},
      {"translation.chat_key_file",
       {"VOXLATE_TRANSLATION_CHAT_KEY_FILE"},
       "file with its key in one line; the environment's VOXLATE_CHAT_KEY comes before it",
       [](Config& c, std::string_view v) { c.chat_key_file = v; },
       [](const Config& c) { return c.chat_key_file.string(); }},
      {"translation.chat_languages",
       {"VOXLATE_TRANSLATION_CHAT_LANGUAGES"},
       "languages that the model is offered for, each into each; empty: the 20 that most people speak, and Thai",
       [](Config& c, std::string_view v) { c.chat_languages = parse_languages(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.chat_languages, ",")); }},
      {"translation.chat_response_format",
       {"VOXLATE_TRANSLATION_CHAT_RESPONSE_FORMAT"},
       "how the server is held to JSON: json_object, json_schema, or none where it refuses both",
       [](Config& c, std::string_view v) {
         c.chat_response_format = parse_choice(v, {"none", "json_object", "json_schema"});
       },
       [](const Config& c) { return c.chat_response_format; }},
      {"translation.remote_first",
       {"VOXLATE_TRANSLATION_REMOTE_FIRST"},
       "true: servers come before what is installed here; false: only where that has no pair, or fails",
       [](Config& c, std::string_view v) { c.translation_remote_first = parse_bool(v); },
       [](const Config& c) { return show_bool(c.translation_remote_first); }},
      {"translation.remote_timeout_seconds",
       {"VOXLATE_TRANSLATION_REMOTE_TIMEOUT_SECONDS"},
       "for a server to translate up to 16 sentences, 1 to 1800",
       [](Config& c, std::string_view v) {
         c.translation_remote_timeout = std::chrono::seconds(parse_int(v, 1, 1800));
       },
       [](const Config& c) { return show_seconds(c.translation_remote_timeout); }},
      {"translation.remote_requests",
       {"VOXLATE_TRANSLATION_REMOTE_REQUESTS"},
       "requests to one server at once, 1 to 64",
       [](Config& c, std::string_view v) { c.translation_remote_requests = parse_int(v, 1, 64); },
       [](const Config& c) { return std::to_string(c.translation_remote_requests); }},

      {"cache.type",
       {"VOXLATE_CACHE_TYPE", "CACHE_TYPE"},
       "where results that come again are kept: memory, file (in the data folder) or redis",
       [](Config& c, std::string_view v) {
         c.cache_type = parse_choice(v, {"memory", "file", "redis"});
       },
       [](const Config& c) { return c.cache_type; }},
      {"cache.max_entries",
       {"VOXLATE_CACHE_MAX_ENTRIES"},
       "results kept in memory or files, 1 to 10000000; a Redis has limits of its own",
       [](Config& c, std::string_view v) { c.cache_max_entries = parse_int(v, 1, 10'000'000); },
       [](const Config& c) { return std::to_string(c.cache_max_entries); }},
      {"cache.max_mb",
       {"VOXLATE_CACHE_MAX_MB"},
       "memory for results, 1 to 65536",
       [](Config& c, std::string_view v) { c.cache_max_mb = parse_int(v, 1, 65536); },
       [](const Config& c) { return std::to_string(c.cache_max_mb); }},
      {"cache.ttl_s",
       {"VOXLATE_CACHE_TTL_S"},
       "a result is kept for so long, in files and Redis a translation too, 1 to 31536000",
       [](Config& c, std::string_view v) { c.cache_ttl = std::chrono::seconds(parse_int(v, 1, 31'536'000)); },
       [](const Config& c) { return show_seconds(c.cache_ttl); }},
      {"cache.redis_url",
       {"VOXLATE_CACHE_REDIS_URL", "REDIS_URL"},
       "redis://[:password@]host[:port][/db], where cache.type is redis",
       [](Config& c, std::string_view v) { c.cache_redis_url = v; },
       [](const Config& c) { return without_password(c.cache_redis_url); }},
      {"cache.compression",
       {"VOXLATE_CACHE_COMPRESSION"},
       "values from 512 bytes on are compressed in files and Redis",
       [](Config& c, std::string_view v) { c.cache_compression = parse_bool(v); },
       [](const Config& c) { return show_bool(c.cache_compression); }},
      {"cache.file_max_mb",
       {"VOXLATE_CACHE_FILE_MAX_MB"},
       "disk for each cache where cache.type is file, 1 to 1048576",
       [](Config& c, std::string_view v) { c.cache_file_max_mb = parse_int(v, 1, 1'048'576); },
       [](const Config& c) { return std::to_string(c.cache_file_max_mb); }},

      {"models.dir",
       {"VOXLATE_MODELS_DIR"},
       "a further folder with model files, besides models/ of the data folder",
       [](Config& c, std::string_view v) { c.models_dir = v; },
       [](const Config& c) { return c.models_dir.string(); }},
      {"models.base_url",
       {"VOXLATE_MODELS_BASE_URL"},
       "where models are downloaded: https, or http on this machine",
       [](Config& c, std::string_view v) { c.models_base_url = parse_url(v); },
       [](const Config& c) { return c.models_base_url; }},
      {"models.translation_index",
       {"VOXLATE_MODELS_TRANSLATION_INDEX"},
       "list of translation packages in Argos' form: https, or http on this machine",
       [](Config& c, std::string_view v) { c.translation_index = parse_url(v); },
       [](const Config& c) { return c.translation_index; }},
      {"models.default",
       {"VOXLATE_MODELS_DEFAULT"},
       "Whisper model that a server without one downloads: auto (base-q8_0, on CUDA base), a name, or empty for none",
       [](Config& c, std::string_view v) { c.models_default = v; },
       [](const Config& c) { return c.models_default; }},
      {"models.offline",
       {"VOXLATE_MODELS_OFFLINE"},
       "true: never download a model",
       [](Config& c, std::string_view v) { c.models_offline = parse_bool(v); },
       [](const Config& c) { return show_bool(c.models_offline); }},
      {"models.require_listed",
       {"VOXLATE_MODELS_REQUIRE_LISTED"},
       "true: refuse model files without a listed checksum",
       [](Config& c, std::string_view v) { c.models_require_listed = parse_bool(v); },
       [](const Config& c) { return show_bool(c.models_require_listed); }},
      {"models.max_loaded",
       {"VOXLATE_MODELS_MAX_LOADED"},
       "models in memory at once, 0 to 64; 0: one in production, three in development",
       [](Config& c, std::string_view v) { c.max_loaded_models = parse_int(v, 0, 64); },
       [](const Config& c) { return std::to_string(c.max_loaded_models); }},
      {"models.idle_seconds",
       {"VOXLATE_MODELS_IDLE_SECONDS"},
       "a model not used for so long leaves the memory, 0 to 86400; 0: never",
       [](Config& c, std::string_view v) { c.models_idle_time = std::chrono::seconds(parse_int(v, 0, 86400)); },
       [](const Config& c) { return show_seconds(c.models_idle_time); }},

      {"remote.allowed_addresses",
       {"VOXLATE_REMOTE_ALLOWED_ADDRESSES"},
       "addresses, ranges and host names inside that users may have fetched from or told: 192.168.1.0/24,nas.lan",
       [](Config& c, std::string_view v) { c.remote_allowed_addresses = parse_list(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.remote_allowed_addresses, ",")); }},
      {"remote.allowed_ports",
       {"VOXLATE_REMOTE_ALLOWED_PORTS"},
       "ports of public addresses that users may have fetched from or told",
       set_ports,
       [](const Config& c) { return fmt::format("{}", fmt::join(c.remote_allowed_ports, ",")); }},

      {"import.downloads",
       {"VOXLATE_IMPORT_DOWNLOADS"},
       "files that are fetched from addresses at once, 1 to 16",
       [](Config& c, std::string_view v) { c.import_downloads = parse_int(v, 1, 16); },
       [](const Config& c) { return std::to_string(c.import_downloads); }},
      {"import.timeout_hours",
       {"VOXLATE_IMPORT_TIMEOUT_HOURS"},
       "longest time for fetching one file, 1 to 168",
       [](Config& c, std::string_view v) { c.import_timeout = std::chrono::hours(parse_int(v, 1, 168)); },
       [](const Config& c) { return std::to_string(c.import_timeout.count()); }},
      {"import.min_bytes_per_second",
       {"VOXLATE_IMPORT_MIN_BYTES_PER_SECOND"},
       "a server that sends less over 30 s is left; 0: never",
       [](Config& c, std::string_view v) { c.import_min_bytes_per_second = parse_bytes(v); },
       [](const Config& c) { return std::to_string(c.import_min_bytes_per_second); }},

      {"webhooks.http",
       {"VOXLATE_WEBHOOKS_HTTP"},
       "whether webhooks may be called over http, unencrypted: true or false",
       [](Config& c, std::string_view v) { c.webhooks_http = parse_bool(v); },
       [](const Config& c) { return show_bool(c.webhooks_http); }},
      {"webhooks.connections",
       {"VOXLATE_WEBHOOKS_CONNECTIONS"},
       "webhooks that are called at once, 1 to 64",
       [](Config& c, std::string_view v) { c.webhooks_connections = parse_int(v, 1, 64); },
       [](const Config& c) { return std::to_string(c.webhooks_connections); }},
      {"webhooks.per_user",
       {"VOXLATE_WEBHOOKS_PER_USER"},
       "webhooks that a user may register, 0 to 1000",
       [](Config& c, std::string_view v) { c.webhooks_per_user = parse_int(v, 0, 1000); },
       [](const Config& c) { return std::to_string(c.webhooks_per_user); }},
      {"webhooks.log_hours",
       {"VOXLATE_WEBHOOKS_LOG_HOURS"},
       "how long settled deliveries are kept for the log and for sending again, 1 to 87600",
       [](Config& c, std::string_view v) { c.webhooks_log = std::chrono::hours(parse_int(v, 1, 87600)); },
       [](const Config& c) { return std::to_string(c.webhooks_log.count()); }},

      {"watch.folder",
       {"VOXLATE_WATCH_FOLDER"},
       "folder whose media is transcribed as it comes; empty: none",
       [](Config& c, std::string_view v) { c.watch_folder = v; },
       [](const Config& c) { return c.watch_folder.string(); }},
      {"watch.output",
       {"VOXLATE_WATCH_OUTPUT"},
       "folder for the results of the watched one; empty: beside the media",
       [](Config& c, std::string_view v) { c.watch_output = v; },
       [](const Config& c) { return c.watch_output.string(); }},
      {"watch.language",
       {"VOXLATE_WATCH_LANGUAGE"},
       "language spoken in the watched folder; empty: detect",
       [](Config& c, std::string_view v) { c.watch_language = v == "auto" ? "" : v; },
       [](const Config& c) { return c.watch_language; }},
      {"watch.targets",
       {"VOXLATE_WATCH_TARGETS"},
       "languages to translate the watched folder into",
       [](Config& c, std::string_view v) { c.watch_targets = parse_list(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.watch_targets, ",")); }},
      {"watch.formats",
       {"VOXLATE_WATCH_FORMATS"},
       "formats of the results: srt, vtt, txt, tsv, json",
       [](Config& c, std::string_view v) { c.watch_formats = parse_list(v); },
       [](const Config& c) { return fmt::format("{}", fmt::join(c.watch_formats, ",")); }},
      {"watch.settle_seconds",
       {"VOXLATE_WATCH_SETTLE_SECONDS"},
       "a file is taken when it did not change for so long, 1 to 86400",
       [](Config& c, std::string_view v) { c.watch_settle = std::chrono::seconds(parse_int(v, 1, 86400)); },
       [](const Config& c) { return show_seconds(c.watch_settle); }},
  };
  return kTable;
}

/// Levenshtein distance.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t above = row[j + 1];
      row[j + 1] = std::min({above + 1, row[j] + 1, diagonal + (a[i] == b[j] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row[b.size()];
}

}  // namespace

std::span<const Setting> settings() { return table(); }

const Setting& find_setting(std::string_view key) {
  const Setting* nearest = nullptr;
  std::size_t nearest_distance = std::numeric_limits<std::size_t>::max();
  for (const Setting& setting : table()) {
    if (setting.key == key) return setting;
    const std::size_t distance = edit_distance(key, setting.key);
    if (distance < nearest_distance) {
      nearest = &setting;
      nearest_distance = distance;
    }
  }
  throw Error(ErrorCode::kInvalidInput,
              fmt::format("unknown setting \"{}\"; the nearest known one is \"{}\"", key, nearest->key));
}

}  // namespace voxlate
