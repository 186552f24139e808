#include "app/command_line.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <optional>
#include <utility>

#include "app/app.h"
#include "app/bench_command.h"
#include "app/cache_bench.h"
#include "app/doctor.h"
#include "app/licences.h"
#include "app/models_command.h"
#include "app/stop_signals.h"
#include "app/transcribe_files.h"
#include "app/user_command.h"
#include "app/version.h"
#include "base/file.h"
#include "base/log.h"
#include "config/load_config.h"
#include "config/settings.h"
#include "voxlate/error.h"

namespace voxlate::app {
namespace {

constexpr std::uint64_t kMaxGlossaryBytes = 1 << 20;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kStopped = 130;

/// The options that every command shares; each becomes a flag of the configuration.
struct CommonOptions {
  std::optional<std::string> file;
  std::vector<std::string> assignments;
  std::map<std::string, std::string> named;

  void add_to(CLI::App& command) {
    command.add_option("--config", file, "configuration file (TOML)")->envname("VOXLATE_CONFIG");
    command.add_option("--set", assignments, "any setting, as key=value; repeatable");
    command.add_flag_callback(
        "--offline", [this] { named["models.offline"] = "true"; }, "never download a model");
    add_named(command, "--data-dir", "data_dir", "folder of the database, uploads and results");
    add_named(command, "--log-level", "log.level", "debug, info, warning or error");
  }

  void add_named(CLI::App& command, const std::string& flag, const std::string& key, const std::string& help) {
    command
        .add_option_function<std::string>(
            flag, [this, key](const std::string& value) { named[key] = value; }, help)
        ->take_last();
  }

  Config load() const {
    ConfigSources sources{.file = std::nullopt, .environment = process_environment(), .flags = {}};
    if (file) sources.file = *file;
    for (const std::string& assignment : assignments) {
      const std::size_t equals = assignment.find('=');
      if (equals == std::string::npos) {
        throw Error(ErrorCode::kInvalidInput, fmt::format("--set: expected key=value, got \"{}\"", assignment));
      }
      sources.flags.emplace_back(assignment.substr(0, equals), assignment.substr(equals + 1));
    }
    sources.flags.insert(sources.flags.end(), named.begin(), named.end());
    return load_config(sources);
  }
};

log::Level to_level(std::string_view name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warning") return log::Level::kWarning;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

/// whisper.cpp's single-dash names of several letters, which command-line parsers take for bundles of letters.
std::vector<std::string> with_long_names(std::vector<std::string> arguments) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 15> kNames = {
      {{"-osrt", "--output-srt"},
       {"-ovtt", "--output-vtt"},
       {"-otxt", "--output-txt"},
       {"-otsv", "--output-tsv"},
       {"-oj", "--output-json"},
       {"-of", "--output-file"},
       {"-bs", "--beam-size"},
       {"-bo", "--best-of"},
       {"-nf", "--no-fallback"},
       {"-tr", "--translate"},
       {"-vt", "--vad-threshold"},
       {"-vspd", "--vad-min-speech-duration-ms"},
       {"-vsd", "--vad-min-silence-duration-ms"},
       {"-vmsd", "--vad-max-speech-duration-s"},
       {"-vp", "--vad-speech-pad-ms"}}};
  for (std::string& argument : arguments) {
    const auto found =
        std::find_if(kNames.begin(), kNames.end(), [&](const auto& name) { return name.first == argument; });
    if (found != kNames.end()) argument = found->second;
  }
  return arguments;
}

void add_serve(CLI::App& root, CommonOptions& common, std::function<int()>& chosen) {
  CLI::App* command = root.add_subcommand("serve", "start the server");
  common.add_to(*command);
  common.add_named(*command, "--host", "server.host", "address to listen on");
  common.add_named(*command, "--port", "server.port", "TCP port");
  common.add_named(*command, "--profile", "profile", "development or production");
  common.add_named(*command, "--watch", "watch.folder", "folder whose media is transcribed as it comes");
  command->callback([&common, &chosen] {
    chosen = [&common] {
      const Config config = common.load();
      log::initialise(to_level(config.log_level));
      StopSignals signals;
      App server(config);
      server.run(signals.token());
      return 0;
    };
  });
}

void add_transcribe(CLI::App& root, CommonOptions& common, TranscribeRequest& request, std::function<int()>& chosen) {
  CLI::App* command = root.add_subcommand("transcribe", "write subtitles beside media files, without a server");
  common.add_to(*command);
  command->add_option("files,-f,--file", request.files, "video or audio files")->required();
  command->add_option("-l,--language", request.spec.language, "spoken language; default: detect");
  command->add_option("--to", request.spec.targets, "languages to translate into")->delimiter(',');
  command->add_option("--translator", request.spec.translator,
                      "neural, apertium, libretranslate or chat; default: the best route");
  command->add_option_function<std::string>(
      "--glossary", [&request](const std::string& file) { request.spec.glossary = read_file(file, kMaxGlossaryBytes); },
      "file with a term a line: term=translation, or a term that stays as it is");
  command->add_option("--formats", request.spec.formats, "srt, vtt, txt, tsv, json")->delimiter(',');
  command->add_option("--profile", request.spec.profile, "subtitle rules; default: by language");
  command->add_option("--engine", request.spec.engine, "recogniser; default: the best there is");
  command->add_option("-m,--model", request.spec.model, "model of the recogniser; default: the best there is");
  command->add_flag("--translate", request.spec.to_english, "the recogniser writes English, whatever is spoken");
  command->add_option("--prompt", request.spec.prompt, "names and words to expect");
  command->add_option("--audio-track", request.spec.audio_track, "index among the audio streams");
  common.add_named(*command, "-t,--threads", "whisper.threads", "threads that compute; default: one a core");
  common.add_named(*command, "-p,--processors", "whisper.max_windows", "windows of 30 s decoded together");
  common.add_named(*command, "--beam-size", "whisper.beam_size", "texts followed at once; 1 is fastest (-bs)");
  common.add_named(*command, "--best-of", "whisper.best_of", "samples tried where a text is doubtful (-bo)");
  command->add_flag_callback(
      "--no-fallback", [&common] { common.named["whisper.fallback"] = "false"; },
      "doubtful texts are not decoded again (-nf)");
  command->add_flag("--vad,!--no-vad", request.spec.vad, "hear only what voice activity detection finds; default: on");
  for (const auto& [flag, help] : {std::pair{"threshold", "probability that means speech (-vt)"},
                                   {"min-speech-duration-ms", "shorter speech is dropped (-vspd)"},
                                   {"min-silence-duration-ms", "shorter pauses belong to speech (-vsd)"},
                                   {"max-speech-duration-s", "longer speech is cut at a pause (-vmsd)"},
                                   {"speech-pad-ms", "kept around speech (-vp)"}}) {
    std::string key = fmt::format("vad.{}", flag);
    std::replace(key.begin(), key.end(), '-', '_');
    common.add_named(*command, fmt::format("--vad-{}", flag), key, help);
  }
  for (const char* format : {"srt", "vtt", "txt", "tsv", "json"}) {
    command->add_flag_callback(
        fmt::format("--output-{}", format), [&request, format] { request.spec.formats.emplace_back(format); },
        fmt::format("same as --formats {}", format));
  }
  command->add_option("--output-file", request.output_stem, "path of the results without language and extension");
  command->add_flag("--overwrite", request.overwrite, "replace files that voxlate did not write");
  command->callback([&common, &request, &chosen] {
    chosen = [&common, &request] {
      Config config = common.load();
      if (config.origins.at("log.level") == "default") config.log_level = "warning";
      log::initialise(to_level(config.log_level));
      StopSignals signals;
      return transcribe_files(config, request, signals.token()) ? 0 : kFailed;
    };
  });
}

/// One of `voxlate models …`: logs only what is wrong, and ends at a signal.
void add_models_command(CLI::App& models, CommonOptions& common, const char* name, const char* help,
                        std::function<bool(const Config&, std::stop_token)> run, std::function<int()>& chosen) {
  CLI::App* command = models.add_subcommand(name, help);
  common.add_to(*command);
  command->callback([&common, &chosen, run = std::move(run)] {
    chosen = [&common, run] {
      Config config = common.load();
      if (config.origins.at("log.level") == "default") config.log_level = "warning";
      log::initialise(to_level(config.log_level));
      StopSignals signals;
      return run(config, signals.token()) ? 0 : kFailed;
    };
  });
}

struct ModelsRequest {
  std::vector<std::string> names;
  ListRequest list;
};

void add_models(CLI::App& root, CommonOptions& common, ModelsRequest& request, std::function<int()>& chosen) {
  CLI::App* models = root.add_subcommand("models", "list, download and delete models of recognition and translation");
  models->require_subcommand(1);
  add_models_command(
      *models, common, "list", "known models, translation packages that are here, and files placed by hand",
      [&request](const Config& config, std::stop_token stop) {
        list_models(config, request.list, std::move(stop));
        return true;
      },
      chosen);
  add_models_command(
      *models, common, "get", "download models",
      [&request](const Config& config, std::stop_token stop) {
        return get_models(config, request.names, std::move(stop));
      },
      chosen);
  add_models_command(
      *models, common, "rm", "delete models",
      [&request](const Config& config, const std::stop_token&) { return remove_models(config, request.names); },
      chosen);
  models->get_subcommand("list")->add_flag("--json", request.list.as_json, "as GET /api/models answers");
  models->get_subcommand("list")->add_flag("--available", request.list.with_available,
                                           "also the published translation packages");
  for (const char* name : {"get", "rm"}) {
    models->get_subcommand(name)
        ->add_option("names", request.names, "as the list has them; of a translation package its pair will do: en-es")
        ->required();
  }
}

struct BenchRequests {
  BenchRequest model;
  CacheBenchRequest caches;
};

void add_bench(CLI::App& root, CommonOptions& common, BenchRequests& requests, std::function<int()>& chosen) {
  CLI::App* command = root.add_subcommand("bench", "how fast this machine computes a Whisper model, or: bench caches");
  common.add_to(*command);
  command->add_option("-m,--model", requests.model.model, "as the list of models has it; default: the best installed");
  command->add_flag("--json", requests.model.as_json, "for programs");
  common.add_named(*command, "-t,--threads", "whisper.threads", "threads that compute; default: one a core");
  CLI::App* caches = command->add_subcommand("caches", "values a second of each kind of cache");
  common.add_to(*caches);
  caches->add_flag("--json", requests.caches.as_json, "for programs");
  caches->add_option("--redis", requests.caches.redis_url,
                     "measure this one too: redis://[:password@]host[:port][/db]");
  caches->callback([&common, &requests, &chosen] {
    chosen = [&common, &requests] {
      run_cache_bench(common.load(), requests.caches);
      return 0;
    };
  });
  command->callback([&common, &requests, &chosen, caches] {
    if (caches->parsed()) return;
    chosen = [&common, &requests] {
      run_bench(common.load(), requests.model);
      return 0;
    };
  });
}

void add_users(CLI::App& root, CommonOptions& common, AddUserRequest& request, std::function<int()>& chosen) {
  CLI::App* users = root.add_subcommand("user", "add and list users, change passwords; while no server runs");
  users->require_subcommand(1);
  const auto add_command = [&](const char* name, const char* help, std::function<void(const Config&)> run) {
    CLI::App* command = users->add_subcommand(name, help);
    common.add_to(*command);
    command->callback([&common, &chosen, run = std::move(run)] {
      chosen = [&common, run] {
        Config config = common.load();
        if (config.origins.at("log.level") == "default") config.log_level = "warning";
        log::initialise(to_level(config.log_level));
        run(config);
        return 0;
      };
    });
    return command;
  };
  CLI::App* add = add_command("add", "add a user; the password is asked for, or the first line of the input",
                              [&request](const Config& config) { add_user(config, request); });
  add->add_option("name", request.name, "letters a to z, digits, \".\", \"-\", \"_\"")->required();
  add->add_option("--email", request.email, "also good for signing in");
  add->add_flag("--admin", request.admin, "may do everything, also manage users and models");
  CLI::App* passwd = add_command("passwd", "set another password; all sessions of the user end",
                                 [&request](const Config& config) { change_user_password(config, request.name); });
  passwd->add_option("name", request.name, "or e-mail address")->required();
  add_command("list", "users, oldest first", [](const Config& config) { list_users(config); });
}

void add_others(CLI::App& root, CommonOptions& common, bool& with_licences, std::function<int()>& chosen) {
  CLI::App* doctor = root.add_subcommand("doctor", "what was found, what is in effect, what to do about what is wrong");
  common.add_to(*doctor);
  doctor->callback([&common, &chosen] { chosen = [&common] { return report_health(common.load()) ? 0 : kFailed; }; });

  CLI::App* version = root.add_subcommand("version", "versions of the program and its libraries");
  version->add_flag("--licences", with_licences, "also the licences of everything linked or started");
  version->callback([&with_licences, &chosen] {
    chosen = [&with_licences] {
      for (const auto& [name, value] : versions()) fmt::print("{} {}\n", name, value);
      if (with_licences) fmt::print("\n{}", licences());
      return 0;
    };
  });
}

int exit_status(const Error& error) {
  if (error.code() == ErrorCode::kCancelled) return kStopped;
  return error.code() == ErrorCode::kInvalidInput ? kWrongUsage : kFailed;
}

}  // namespace

int run_command_line(std::vector<std::string> arguments) {
  CLI::App root("voxlate: video and audio in, timed text out", "voxlate");
  root.require_subcommand(1);
  CommonOptions common;
  TranscribeRequest request;
  ModelsRequest models;
  BenchRequests bench;
  AddUserRequest user;
  bool with_licences = false;
  std::function<int()> chosen;
  add_serve(root, common, chosen);
  add_transcribe(root, common, request, chosen);
  add_models(root, common, models, chosen);
  add_bench(root, common, bench, chosen);
  add_users(root, common, user, chosen);
  add_others(root, common, with_licences, chosen);

  std::vector<std::string> reversed = with_long_names(std::move(arguments));
  reversed.erase(reversed.begin());
  std::reverse(reversed.begin(), reversed.end());  // as CLI11 wants it
  try {
    root.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    return root.exit(error) == 0 ? 0 : kWrongUsage;
  }
  try {
    return chosen();
  } catch (const Error& error) {
    fmt::print(stderr, "voxlate: {}\n", error.what());
    return exit_status(error);
  } catch (const std::exception& error) {
    fmt::print(stderr, "voxlate: internal error: {}\n", error.what());
    return kFailed;
  }
}

}  // namespace voxlate::app
