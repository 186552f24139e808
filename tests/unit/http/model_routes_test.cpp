#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;
using ModelRoutesTest = ServerTest;

TEST_F(ModelRoutesTest, ListsModels) {
  start();
  const Answer answer = get("/api/models");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(json::parse(answer.body), json::parse(R"({"models": [
      {"id": "base-q5_1", "file": "ggml-base-q5_1.bin", "kind": "whisper", "quantisation": "q5_1",
       "multilingual": true, "languages": 0, "source": "", "target": "", "version": "", "newer_version": "",
       "licence": "", "non_commercial": false, "listed": true, "state": "available", "usable": false, "reason": "connection lost",
       "size_bytes": 59707625, "downloaded_bytes": 1000, "sha256": "422f"},
      {"id": "mine", "file": "mine.bin", "kind": "whisper", "quantisation": "", "multilingual": true, "languages": 0,
       "source": "", "target": "", "version": "", "newer_version": "", "licence": "", "non_commercial": false,
       "listed": false, "state": "unlisted", "usable": true, "reason": "", "size_bytes": 0, "downloaded_bytes": 0, "sha256": null}], "problem": ""})"));
}

TEST_F(ModelRoutesTest, ListsWhatCanBeHadWhenAsked) {
  start();
  EXPECT_EQ(json::parse(get("/api/models?available=true").body).at("problem"), "no connection");
  EXPECT_EQ(json::parse(get("/api/models?available=false").body).at("problem"), "");
  expect_problem(get("/api/models?available=1"), 422, "invalid_input");
}

TEST_F(ModelRoutesTest, ShowsATranslationModel) {
  models_.models = {{.id = "translate-en_zt",
                     .file = "translate-en_zt-1_9",
                     .kind = ModelKind::kTranslation,
                     .quantisation = "int8",
                     .n_languages = 2,
                     .source = "en",
                     .target = "zh-Hant",
                     .version = "1.9",
                     .newer_version = "1.10",
                     .licence = "CC-BY-NC 4.0",
                     .non_commercial = true}};
  start();
  const json model = json::parse(get("/api/models/translate-en_zt").body);
  EXPECT_EQ(model.at("kind"), "translation");
  EXPECT_EQ(model.at("languages"), 2);
  EXPECT_EQ(model.at("source"), "en");
  EXPECT_EQ(model.at("target"), "zh-Hant");
  EXPECT_EQ(model.at("version"), "1.9");
  EXPECT_EQ(model.at("newer_version"), "1.10");
  EXPECT_EQ(model.at("licence"), "CC-BY-NC 4.0");
  EXPECT_EQ(model.at("non_commercial"), true);
  EXPECT_EQ(models_.calls, std::vector<std::string>{"look up translate-en_zt"});
}

TEST_F(ModelRoutesTest, StartsADownload) {
  start();
  const Answer answer = ask("POST", "/api/models/base-q5_1/download");
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(json::parse(answer.body).at("state"), "downloading");
  EXPECT_EQ(models_.calls, std::vector<std::string>{"download base-q5_1"});
}

TEST_F(ModelRoutesTest, UnloadsAndDeletes) {
  start();
  const Answer unloaded = ask("POST", "/api/models/my%20model/unload");
  EXPECT_EQ(unloaded.status, 200);
  EXPECT_EQ(json::parse(unloaded.body).at("state"), "installed");
  const Answer deleted = ask("DELETE", "/api/models/base-q5_1");
  EXPECT_EQ(deleted.status, 204);
  EXPECT_TRUE(deleted.body.empty());
  EXPECT_EQ(models_.calls, (std::vector<std::string>{"unload my model", "remove base-q5_1"}));
}

TEST_F(ModelRoutesTest, FailuresAreProblems) {
  start();
  const std::vector<std::tuple<ErrorCode, int, std::string>> expected = {
      {ErrorCode::kNotFound, 404, "not_found"},
      {ErrorCode::kConflict, 409, "model_conflict"},
      {ErrorCode::kUnsupported, 422, "unsupported"},
      {ErrorCode::kStorageFull, 507, "storage_full"}};
  for (const auto& [code, status, name] : expected) {
    models_.error = Error(code, "this is why");
    expect_problem(ask("POST", "/api/models/base/download"), status, name);
    expect_problem(ask("POST", "/api/models/base/unload"), status, name);
    expect_problem(ask("DELETE", "/api/models/base"), status, name);
  }
  EXPECT_EQ(json::parse(ask("DELETE", "/api/models/base").body).at("detail"), "this is why");
}

TEST_F(ModelRoutesTest, OtherMethodsAndSitesAreRefused) {
  start();
  expect_problem(ask("PUT", "/api/models/base"), 405, "method_not_allowed");
  expect_problem(ask("GET", "/api/models/base/download"), 405, "method_not_allowed");
  expect_problem(ask("DELETE", "/api/models/base", "Sec-Fetch-Site: cross-site\r\n"), 403, "cross_site_request");
  EXPECT_TRUE(models_.calls.empty());
}

}  // namespace
}  // namespace voxlate::http
