#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace voxlate {

/// How the server is meant to run: sets defaults that single settings may override.
enum class Profile { kDevelopment, kProduction };

/// Every setting with its default. Only `app` reads it; components declare Options of their own.
/// Keys, units and limits are in <section>_settings.cpp; config/voxlate.toml documents each.
struct Config {
  Profile profile = Profile::kProduction;
  std::filesystem::path data_dir;  ///< empty: `default_data_dir`
  std::string log_level = "info";

  std::string host = "127.0.0.1";
  int port = 5000;
  std::uint64_t max_upload_bytes = std::uint64_t{1} << 30U;
  std::uint64_t min_free_disk_bytes = std::uint64_t{2} << 30U;
  int max_queued_jobs = 1000;
  int max_connections = 4096;
  int max_connections_per_address = 256;
  int request_threads = 64;
  int max_event_streams = 1000;
  int max_waiting_requests = 32;
  std::vector<std::string> trusted_proxies;  ///< addresses and networks
  std::vector<std::string> allowed_hosts;    ///< names in `Host` besides loopback names and IP addresses

  std::string accounts_mode = "auto";  ///< on, off, or auto: on unless `host` is a loopback address
  bool accounts_allow_open_network = false;
  std::string accounts_registration = "closed";
  std::chrono::hours session_idle_time{24};
  std::uint64_t quota_stored_bytes = std::uint64_t{20} << 30U;  ///< of each user; 0: no limit, as below
  int quota_jobs_per_day = 200;
  std::chrono::minutes quota_media_per_day{1440};
  int max_queued_jobs_per_user = 100;
  int max_uploads_per_user = 4;
  int requests_per_minute = 600;
  int max_missed_ids_per_minute = 20;
  std::chrono::days audit_retention{365};

  std::chrono::hours upload_expiry{24};
  int max_uploads_of_user = 100;

  int max_concurrent_jobs = 3;
  double max_cpu_percent = 80;
  int max_attempts = 5;
  std::chrono::seconds stall_timeout{1800};
  std::chrono::seconds large_file_stall_timeout{3600};
  std::chrono::seconds brief_media{120};
  std::chrono::hours retention{7 * 24};

  bool memory_watchdog = true;
  std::uint64_t memory_limit_bytes = 0;
  double memory_cheap_percent = 70;
  double memory_release_percent = 85;
  double memory_refuse_percent = 92;
  bool memory_adaptive = true;
  bool memory_estimate_jobs = true;
  double memory_safety_factor = 0.8;

  std::chrono::hours max_media_duration{12};
  bool media_worker = true;
  std::filesystem::path media_worker_program;  ///< empty: voxlate-media beside this program

  int whisper_threads = 0;  ///< 0: one a core
  std::string whisper_device = "auto";
  std::string whisper_compute_type = "auto";
  std::string whisper_long_audio = "chunked";
  int whisper_beam_size = 5;
  int whisper_best_of = 5;
  bool whisper_fallback = true;
  int whisper_max_windows = 8;
  bool whisper_whole_windows = false;
  std::string cuda_allocator = "max_split_size_mb:128";  ///< as libtorch's PYTORCH_CUDA_ALLOC_CONF

  double vad_threshold = 0.5;
  std::chrono::milliseconds vad_min_speech{250};
  std::chrono::milliseconds vad_min_silence{400};
  std::chrono::milliseconds vad_padding{200};
  std::chrono::seconds vad_max_speech{27};

  std::filesystem::path sphinx_model_dir;  ///< empty: where the package puts it
  int sphinx_decoders = 0;                 ///< 0: one a core, at most 4

  std::string translation_device = "auto";
  std::string translation_compute_type = "auto";
  int translation_beam_size = 4;
  int translation_max_sentences = 32;
  int translation_cache_mb = 32;
  int max_text_characters = 20'000;
  int max_texts = 500;
  std::filesystem::path apertium_modes_dir = "/usr/share/apertium/modes";
  std::vector<std::string> translation_pairs;  ///< "en-es"; empty: all installed
  std::string libretranslate_url;              ///< empty: none
  std::filesystem::path libretranslate_key_file;
  std::string libretranslate_key;  ///< from the environment only; never shown
  std::string chat_url;            ///< what comes before /chat/completions; empty: none
  std::string chat_model;
  std::filesystem::path chat_key_file;
  std::string chat_key;                     ///< from the environment only; never shown
  std::vector<std::string> chat_languages;  ///< empty: those that most people speak
  std::string chat_response_format = "json_object";
  bool translation_remote_first = false;
  std::chrono::seconds translation_remote_timeout{120};
  int translation_remote_requests = 4;

  std::string cache_type = "memory";
  int cache_max_entries = 1000;
  int cache_max_mb = 64;
  std::chrono::seconds cache_ttl{3600};
  std::string cache_redis_url = "redis://127.0.0.1:6379";  ///< shown without its password
  bool cache_compression = true;
  int cache_file_max_mb = 1024;

  std::filesystem::path models_dir;  ///< a further folder with model files; empty: none
  std::string models_base_url = "https://huggingface.co";
  std::string translation_index = "https://raw.githubusercontent.com/argosopentech/argospm-index/main/index.json";
  std::string models_default = "auto";  ///< fetched at the first start; empty: none
  bool models_offline = false;
  bool models_require_listed = false;
  int max_loaded_models = 0;                   ///< 0: by profile, see `loaded_models_limit`
  std::chrono::seconds models_idle_time{300};  ///< 0: models stay in memory

  std::vector<std::string> remote_allowed_addresses;  ///< addresses, ranges, names; empty: only what is public
  std::vector<int> remote_allowed_ports{443, 80};
  int import_downloads = 2;
  std::chrono::hours import_timeout{6};
  std::uint64_t import_min_bytes_per_second = std::uint64_t{4} << 10U;
  bool webhooks_http = false;
  int webhooks_connections = 4;
  int webhooks_per_user = 20;
  std::chrono::hours webhooks_log{30 * 24};

  bool monitoring = true;
  bool save_metrics = true;
  std::chrono::seconds check_interval{30};
  std::chrono::hours metrics_raw{6};
  std::chrono::days metrics_minutes{7};
  std::chrono::days metrics_hours{400};
  bool self_tuning = false;

  bool alerts = true;
  double alert_memory_percent = 85;
  double alert_cpu_percent = 90;
  double alert_gpu_memory_percent = 95;
  std::uint64_t alert_disk_bytes_per_second = std::uint64_t{200} << 20U;
  std::chrono::seconds alert_disk_time{60};
  std::uint64_t alert_disk_free_bytes = std::uint64_t{2} << 30U;
  std::chrono::seconds alert_stage_time{30};
  double alert_stage_real_time_factor = 2;
  std::chrono::seconds alert_raise_time{10};
  std::chrono::seconds alert_end_time{30};

  int workers = 0;  ///< 0: as many as the plan says
  int workers_min = 2;
  int workers_default = 6;
  int workers_max = 16;
  double workers_low_memory_gb = 4;
  double workers_high_memory_gb = 16;

  std::filesystem::path watch_folder;  ///< empty: none
  std::filesystem::path watch_output;  ///< empty: beside the media
  std::string watch_language;          ///< empty: detect
  std::vector<std::string> watch_targets;
  std::vector<std::string> watch_formats{"srt"};
  std::chrono::seconds watch_settle{5};

  /// Where each setting's value came from: "default", "file", "environment VOXLATE_…", "flag".
  std::map<std::string, std::string, std::less<>> origins;
};

/// XDG data folder of voxlate, from the environment (`XDG_DATA_HOME`, else `HOME`).
std::filesystem::path default_data_dir();

std::string_view to_string(Profile profile);

/// How many models may be in memory: as configured, else one in production and three in development.
int loaded_models_limit(const Config& config);

}  // namespace voxlate
