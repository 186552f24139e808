#include "config/load_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/temporary_folder.h"
#include "config/settings.h"
#include "voxlate/error.h"

namespace voxlate {
namespace {

using ::testing::HasSubstr;

std::string message_of(const ConfigSources& sources) {
  try {
    load_config(sources);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidInput);
    return error.what();
  }
  return "no error";
}

class LoadConfig : public ::testing::Test {
 protected:
  std::filesystem::path write(std::string_view content) {
    std::filesystem::path path = folder_ / "voxlate.toml";
    std::ofstream(path) << content;
    return path;
  }

  const TemporaryFolder folder_;
};

TEST_F(LoadConfig, DefaultsAreTheDocumentedOnes) {
  const Config config = load_config({});
  EXPECT_EQ(config.host, "127.0.0.1");
  EXPECT_EQ(config.port, 5000);
  EXPECT_EQ(config.max_concurrent_jobs, 3);
  EXPECT_EQ(config.max_upload_bytes, 1073741824U);
  EXPECT_EQ(config.stall_timeout, std::chrono::seconds(1800));
  EXPECT_EQ(config.origins.at("server.port"), "default");
  EXPECT_FALSE(config.data_dir.empty());
}

TEST_F(LoadConfig, FlagsWinOverEnvironmentOverFile) {
  ConfigSources sources{.file = write("[server]\nport = 1111\nhost = \"::1\"\n[jobs]\nmax_concurrent = 2\n"),
                        .environment = {{"VOXLATE_SERVER_PORT", "2222"}, {"MAX_CONCURRENT_JOBS", "5"}},
                        .flags = {{"server.port", "3333"}}};
  const Config config = load_config(sources);
  EXPECT_EQ(config.port, 3333);
  EXPECT_EQ(config.origins.at("server.port"), "flag");
  EXPECT_EQ(config.max_concurrent_jobs, 5);
  EXPECT_EQ(config.origins.at("jobs.max_concurrent"), "environment MAX_CONCURRENT_JOBS");
  EXPECT_EQ(config.host, "::1");
  EXPECT_THAT(config.origins.at("server.host"), HasSubstr("file "));
}

TEST_F(LoadConfig, OwnEnvironmentNameWinsOverTheOldOne) {
  const Config config = load_config(
      {.file = {}, .environment = {{"MAX_CONCURRENT_JOBS", "5"}, {"VOXLATE_JOBS_MAX_CONCURRENT", "4"}}, .flags = {}});
  EXPECT_EQ(config.max_concurrent_jobs, 4);
}

TEST_F(LoadConfig, DevelopmentProfileLogsMoreUnlessTold) {
  EXPECT_EQ(load_config({.file = {}, .environment = {{"FLASK_ENV", "development"}}, .flags = {}}).log_level, "debug");
  EXPECT_EQ(load_config({.file = {}, .environment = {}, .flags = {{"profile", "development"}, {"log.level", "error"}}})
                .log_level,
            "error");
}

TEST_F(LoadConfig, UnknownKeyNamesTheNearest) {
  EXPECT_THAT(message_of({.file = write("[server]\nprot = 1\n"), .environment = {}, .flags = {}}),
              HasSubstr("unknown setting \"server.prot\"; the nearest known one is \"server.port\""));
  EXPECT_THAT(message_of({.file = {}, .environment = {{"VOXLATE_SERVER_PROT", "1"}}, .flags = {}}),
              HasSubstr("environment VOXLATE_SERVER_PROT: unknown setting \"server.prot\""));
}

TEST_F(LoadConfig, BadValueNamesKeyOriginAndExpectation) {
  EXPECT_EQ(message_of({.file = {}, .environment = {}, .flags = {{"server.port", "70000"}}}),
            "server.port (flag): expected a whole number from 0 to 65535, got \"70000\"");
  EXPECT_THAT(message_of({.file = {}, .environment = {{"VOXLATE_PORT", "5000x"}}, .flags = {}}),
              HasSubstr("server.port (environment VOXLATE_PORT)"));
}

TEST_F(LoadConfig, SyntaxErrorNamesTheLine) {
  EXPECT_THAT(message_of({.file = write("[server]\nport = \n"), .environment = {}, .flags = {}}), HasSubstr(":2:"));
}

TEST_F(LoadConfig, BytesTakeBinaryMultiples) {
  EXPECT_EQ(load_config({.file = {}, .environment = {}, .flags = {{"server.max_upload_bytes", "3G"}}}).max_upload_bytes,
            std::uint64_t{3} << 30U);
  EXPECT_THAT(message_of({.file = {}, .environment = {}, .flags = {{"server.max_upload_bytes", "99999999T"}}}),
              HasSubstr("expected a whole number"));
}

TEST_F(LoadConfig, TrustedProxiesAreAddressesAndNetworks) {
  EXPECT_EQ(load_config({.file = write("[server]\ntrusted_proxies = [\"127.0.0.1\", \"fd00::/8\"]\n"),
                         .environment = {},
                         .flags = {}})
                .trusted_proxies,
            (std::vector<std::string>{"127.0.0.1", "fd00::/8"}));
  EXPECT_THAT(message_of({.file = {}, .environment = {}, .flags = {{"server.trusted_proxies", "proxy.lan"}}}),
              HasSubstr("expected IP addresses or networks such as 10.0.0.7 or fd00::/8, got \"proxy.lan\""));
}

TEST_F(LoadConfig, ListsComeFromArraysAndCommas) {
  const std::vector<std::string> expected{"en-es", "es-en"};
  EXPECT_EQ(
      load_config({.file = write("[translation]\npairs = [\"en-es\", \"es-en\"]\n"), .environment = {}, .flags = {}})
          .translation_pairs,
      expected);
  EXPECT_EQ(load_config({.file = {}, .environment = {{"VOXLATE_TRANSLATION_PAIRS", "en-es,es-en"}}, .flags = {}})
                .translation_pairs,
            expected);
}

TEST_F(LoadConfig, ADeviceIsOneOfAKindAndMayHaveANumber) {
  for (const std::string device : {"auto", "cpu", "cuda", "cuda:0", "cuda:3"}) {
    EXPECT_EQ(load_config({.flags = {{"whisper.device", device}}}).whisper_device, device);
    EXPECT_EQ(load_config({.flags = {{"translation.device", device}}}).translation_device, device);
  }
  for (const std::string device : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:64", "cpu:0"}) {
    EXPECT_THAT(message_of({.flags = {{"whisper.device", device}}}), HasSubstr("expected")) << device;
    EXPECT_THAT(message_of({.flags = {{"translation.device", device}}}), HasSubstr("expected")) << device;
  }
}

TEST_F(LoadConfig, OldNamesOfTheCacheKeepWorking) {
  const Config config =
      load_config({.file = write("[cache]\nmax_size = 7\nttl = 60\nuse_compression = false\ntype = \"file\"\n"),
                   .environment = {{"REDIS_URL", "redis://cache:6380/2"}, {"CACHE_TYPE", "redis"}},
                   .flags = {}});
  EXPECT_EQ(config.cache_max_entries, 7);
  EXPECT_EQ(config.cache_ttl, std::chrono::seconds(60));
  EXPECT_FALSE(config.cache_compression);
  EXPECT_EQ(config.cache_type, "redis");
  EXPECT_EQ(config.cache_redis_url, "redis://cache:6380/2");
  EXPECT_EQ(load_config({.file = write("[cache]\nmax_entries = 5\nmax_size = 7\n")}).cache_max_entries, 5);
  EXPECT_THAT(message_of({.file = write("[cache]\nmax_size = 0\n")}), HasSubstr("cache.max_entries"));
  EXPECT_THAT(message_of({.flags = {{"cache.type", "disk"}}}), HasSubstr("expected one of memory, file, redis"));
}

TEST_F(LoadConfig, ThePasswordOfARedisIsNotShown) {
  for (const std::string url : {"redis://:hunter2@cache:6379/0", "redis://me:hunter2@cache", ":hunter2@cache",
                                "redis://:hunter2@@cache", "hunter2@redis://cache"}) {
    const Config config = load_config({.environment = {{"REDIS_URL", url}}});
    EXPECT_EQ(config.cache_redis_url, url);
    const std::string shown = find_setting("cache.redis_url").value.show(config);
    EXPECT_THAT(shown, ::testing::Not(HasSubstr("hunter2")));
    EXPECT_THAT(shown, HasSubstr("cache"));
  }
}

TEST_F(LoadConfig, AddressesOfServersAreChecked) {
  for (const std::string url :
       {"", "http://127.0.0.1:8080/v1", "https://api.example.com/v1/", "http://[::1]:11434/v1"}) {
    EXPECT_EQ(load_config({.flags = {{"translation.chat_url", url}}}).chat_url, url);
  }
  for (const std::string url :
       {"localhost:5000", "ftp://a.example", "http://", "http:///v1", "http://:80", "http://a b",
        "https://a.example?key=1", "https://a.example/#x", "http://a\n.example"}) {
    EXPECT_THAT(message_of({.flags = {{"translation.libretranslate_url", url}}}),
                HasSubstr("translation.libretranslate_url (flag): expected an address such as"))
        << url;
  }
  const std::string with_password = message_of({.flags = {{"translation.chat_url", "https://me:secret@a.example/v1"}}});
  EXPECT_THAT(with_password, HasSubstr("without a name and a password"));
  EXPECT_THAT(with_password, ::testing::Not(HasSubstr("secret")));
}

TEST_F(LoadConfig, KeysOfServersComeFromTheEnvironmentAndAreNotShown) {
  const Config config = load_config(
      {.environment = {{"VOXLATE_LIBRETRANSLATE_KEY", "key-one"}, {"VOXLATE_CHAT_KEY", "key-two"}}, .flags = {}});
  EXPECT_EQ(config.libretranslate_key, "key-one");
  EXPECT_EQ(config.chat_key, "key-two");
  for (const Setting& setting : settings()) EXPECT_THAT(setting.value.show(config), ::testing::Not(HasSubstr("key-")));
  for (const auto& [key, origin] : config.origins) EXPECT_THAT(key + origin, ::testing::Not(HasSubstr("key-")));
  EXPECT_THAT(
      message_of({.file = write("[translation]\nchat_key = \"key-two\"\n")}),
      ::testing::AllOf(HasSubstr("unknown setting \"translation.chat_key\""), ::testing::Not(HasSubstr("key-two"))));
}

TEST_F(LoadConfig, LanguagesOfAModelAreTags) {
  EXPECT_EQ(load_config({.flags = {{"translation.chat_languages", "en,pt-BR,yue"}}}).chat_languages,
            (std::vector<std::string>{"en", "pt-BR", "yue"}));
  for (const std::string languages : {"en", "en,x", "en,english", "en,p_t", "en,th-"}) {
    EXPECT_THAT(message_of({.flags = {{"translation.chat_languages", languages}}}), HasSubstr("expected")) << languages;
  }
}

TEST(Settings, EachHasItsOwnNameInTheEnvironment) {
  const Config defaults = load_config({});
  for (const Setting& setting : settings()) {
    const std::string name = variable_of(setting);
    const Config config = load_config({.environment = {{name, setting.value.show(defaults)}}, .flags = {}});
    EXPECT_EQ(config.origins.at(std::string(setting.key)), "environment " + name);
  }
}

TEST(Settings, ShownValueSetsTheSameValueAgain) {
  const Config defaults = load_config({});
  for (const Setting& setting : settings()) {
    Config config = defaults;
    const std::string shown = setting.value.show(defaults);
    setting.value.set(config, shown);
    EXPECT_EQ(setting.value.show(config), shown) << setting.key;
  }
}

TEST(Settings, DocumentedFileSetsEveryKeyToItsDefault) {
  const std::filesystem::path file = VOXLATE_SOURCE_DIR "/config/voxlate.toml";
  Config config = load_config({.file = file, .environment = {}, .flags = {}});
  const Config defaults = load_config({});
  for (const Setting& setting : settings()) {
    if (setting.key == "data_dir" || setting.key == "sphinx.model_dir") continue;  // depend on the machine
    EXPECT_EQ(setting.value.show(config), setting.value.show(defaults)) << setting.key;
    EXPECT_NE(config.origins.at(std::string(setting.key)), "default")
        << setting.key << " is not in config/voxlate.toml";
  }
}

}  // namespace
}  // namespace voxlate
