#include <gtest/gtest.h>

#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

/// Every job is done as soon as it is queued.
class Dialects : public ServerTest {
 protected:
  void SetUp() override {
    on_wake_ = [this] {
      const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
      if (!claimed) return;
      specs_.push_back(claimed->job.spec);
      JobOutcome outcome;
      for (const char* name : {"a.en.srt", "a.en.vtt", "a.en.tsv"}) {
        data_.workspace(claimed->job.id).write_atomically(name, std::string("content of ") + name);
        outcome.files.push_back({.name = name, .content_type = "text/plain", .language = "en", .size_bytes = 1});
      }
      store_.finish(claimed->lease, outcome, clock_.now());
    };
    complete_spec_ = [](JobSpec& spec) {
      if (spec.language == "tlh") throw Error(ErrorCode::kUnsupported, "nobody understands \"tlh\"");
    };
  }

  Answer send(const std::string& target, const Form& form) const {
    return ask("POST", target, "Content-Type: multipart/form-data; boundary=" + form.boundary + "\r\n", form.text());
  }

  Answer send_json(const std::string& target, const json& document) const {
    return ask("POST", target, "Content-Type: application/json\r\n", document.dump());
  }

  /// All that the server sends for a streamed transcription, to the end of the connection.
  std::string stream(const Form& form) const {
    const std::string body = form.text();
    Client client(port_);
    client.send(head("POST", "/v1/audio/transcriptions",
                     "Content-Type: multipart/form-data; boundary=" + form.boundary +
                         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n"));
    client.send(body);
    client.wait_for("\r\n0\r\n\r\n");
    return client.received();
  }

  static Form speech(const std::string& part = "file") { return Form().file("a.wav", "sound", part); }

  static void expect_openai_error(const Answer& answer, int status, const std::string& code, const json& param) {
    EXPECT_EQ(answer.status, status) << answer.body;
    EXPECT_EQ(answer.header("content-type"), "application/json");
    const json error = json::parse(answer.body).at("error");
    EXPECT_EQ(error.size(), 4U) << answer.body;
    EXPECT_EQ(error.at("code"), code) << answer.body;
    EXPECT_EQ(error.at("param"), param) << answer.body;
    EXPECT_FALSE(error.at("message").get<std::string>().empty());
    EXPECT_EQ(error.at("type"), status >= 500 ? "server_error" : "invalid_request_error");
  }

  std::vector<JobSpec> specs_;
};

TEST_F(Dialects, OpenAiAnswersInEveryForm) {
  start();
  const auto answer = [&](const std::string& format) {
    return send("/v1/audio/transcriptions", speech().field("model", "whisper-1").field("response_format", format));
  };
  const json plain = json::parse(answer("json").body);
  EXPECT_EQ(plain, json({{"text", "hello"}, {"usage", {{"type", "duration"}, {"seconds", 13}}}}));
  EXPECT_EQ(answer("text").body, "hello\n");
  EXPECT_EQ(answer("srt").body, "content of a.en.srt");
  EXPECT_EQ(answer("vtt").body, "content of a.en.vtt");
  const json verbose = json::parse(answer("verbose_json").body);
  EXPECT_EQ(verbose.at("language"), "english");
  EXPECT_EQ(verbose.at("duration"), 12.345);
  EXPECT_EQ(verbose.at("segments").at(0).at("start"), 0.12);
  EXPECT_FALSE(verbose.contains("words"));
  EXPECT_EQ(specs_.size(), 1U) << "the same of the same file";
}

TEST_F(Dialects, OpenAiFieldsReachTheJob) {
  start();
  const Answer answer = send("/v1/audio/transcriptions", speech()
                                                             .field("model", "sphinx")
                                                             .field("language", "English")
                                                             .field("prompt", "names")
                                                             .field("temperature", "0.25")
                                                             .field("timestamp_granularities[]", "word")
                                                             .field("response_format", "verbose_json"));
  ASSERT_EQ(answer.status, 200) << answer.body;
  ASSERT_EQ(specs_.size(), 1U);
  EXPECT_EQ(specs_[0].engine, "sphinx");
  EXPECT_EQ(specs_[0].language, "en");
  EXPECT_EQ(specs_[0].prompt, "names");
  EXPECT_EQ(specs_[0].temperature, 0.25F);
  EXPECT_EQ(specs_[0].origin, "openai");
  EXPECT_EQ(specs_[0].priority, Priority::kUrgent);
  EXPECT_TRUE(specs_[0].brief);
  EXPECT_FALSE(specs_[0].to_english);
  const json words = json::parse(answer.body).at("words");
  EXPECT_EQ(words, json::array({{{"word", "hello"}, {"start", 0.12}, {"end", 0.9}}}));
}

TEST_F(Dialects, OpenAiErrorsNameTheField) {
  start();
  const auto with = [&](const std::string& field, const std::string& value) {
    return send("/v1/audio/transcriptions", speech().field(field, value));
  };
  expect_openai_error(with("model", "gpt"), 404, "model_not_found", "model");
  expect_openai_error(with("response_format", "diarized_json"), 400, "unsupported", "response_format");
  expect_openai_error(with("temperature", "hot"), 400, "invalid_input", "temperature");
  expect_openai_error(with("timestamp_granularities[]", "word"), 400, "invalid_input", "timestamp_granularities");
  expect_openai_error(with("language", "tlh"), 400, "unsupported", nullptr);
  expect_openai_error(send("/v1/audio/transcriptions", Form().field("model", "whisper-1")), 400, "invalid_input",
                      "file");
  expect_openai_error(send("/v1/audio/transcriptions", Form().file("a.wav", "")), 400, "invalid_input", "file");
  expect_openai_error(get("/v1/nothing"), 404, "not_found", nullptr);
  expect_openai_error(ask("DELETE", "/v1/models"), 405, "method_not_allowed", nullptr);
  expect_openai_error(send_json("/v1/audio/speech", {{"input", "a"}}), 400, "voices_not_available", nullptr);
  EXPECT_TRUE(specs_.empty());
}

TEST_F(Dialects, OpenAiStreamsDeltasAndAnEnd) {
  start();
  const std::string events = stream(speech().field("stream", "true"));
  EXPECT_NE(events.find("200 OK"), std::string::npos) << events;
  EXPECT_NE(events.find("text/event-stream"), std::string::npos) << events;
  const auto delta = events.find("data: {\"type\":\"transcript.text.delta\",\"delta\":\"hello\"}\n\n");
  const auto done = events.find(
      "data: {\"type\":\"transcript.text.done\",\"text\":\"hello\",\"usage\":{\"type\":\"duration\",\"seconds\":13}}"
      "\n\n");
  EXPECT_NE(done, std::string::npos) << events;
  EXPECT_LT(delta, done) << events;
}

TEST_F(Dialects, OpenAiModelsAreTheInstalledOnes) {
  start();
  const json models = json::parse(get("/v1/models").body);
  EXPECT_EQ(models.at("object"), "list");
  ASSERT_EQ(models.at("data").size(), 2U);
  EXPECT_EQ(models.at("data").at(0).at("id"), "whisper-1");
  EXPECT_EQ(models.at("data").at(1).at("id"), "sphinx");
  EXPECT_EQ(json::parse(get("/v1/models/sphinx").body).at("object"), "model");
  expect_openai_error(get("/v1/models/none"), 404, "model_not_found", "model");
}

TEST_F(Dialects, AFailedJobIsAnErrorOfItsKind) {
  on_wake_ = [this] {
    const auto claimed = store_.claim_next("test", clock_.now(), std::chrono::minutes(1), {});
    if (!claimed) return;
    store_.fail(claimed->lease, {.code = ErrorCode::kCorrupt, .message = "the audio is broken"}, std::nullopt,
                clock_.now());
  };
  start();
  expect_openai_error(send("/v1/audio/transcriptions", speech()), 400, "corrupt", nullptr);
  const std::string events = stream(speech().field("stream", "true"));
  EXPECT_NE(events.find("data: {\"error\":{\"message\":\"the audio is broken\""), std::string::npos) << events;
}

TEST_F(Dialects, AsrAnswersWithTheSubtitle) {
  start();
  const Answer answer = send("/asr?task=transcribe&language=en&output=srt&encode=false", speech("audio_file"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, "content of a.en.srt");
  EXPECT_EQ(send("/asr?output=tsv", speech("audio_file")).body, "content of a.en.tsv");
  EXPECT_EQ(send("/asr", speech("audio_file")).body, "hello\n");
}

TEST_F(Dialects, RawSamplesGetTheHeadOfAWaveFile) {
  std::string seen;
  probe_ = [&](const std::filesystem::path& path, const JobSpec&) {
    seen = read_file(path, 1000);
    return MediaSummary{.duration = std::chrono::milliseconds(1000), .content_type = {}, .description = {}};
  };
  start();
  send("/asr?encode=false", Form().file("audio_file", "0123", "audio_file"));
  ASSERT_EQ(seen.size(), 48U);
  EXPECT_EQ(seen.substr(0, 4), "RIFF");
  EXPECT_EQ(seen.substr(8, 8), "WAVEfmt ");
  EXPECT_EQ(seen.substr(24, 4), std::string("\x80\x3E\0\0", 4)) << "16000";
  EXPECT_EQ(seen.substr(44), "0123");
}

TEST_F(Dialects, AsrErrorsAreNoSuccess) {
  start();
  for (const std::string query : {"output=pdf", "encode=maybe", "diarize=true", "task=sing", "language=tlh"}) {
    const Answer answer = send("/asr?" + query, speech("audio_file"));
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_TRUE(json::parse(answer.body).at("detail").is_string());
  }
  EXPECT_EQ(send("/asr", speech("file")).status, 400) << "another part";
}

TEST_F(Dialects, ALanguageThatCannotBeToldIsAnError) {
  start();
  const Answer answer = send("/detect-language", speech("audio_file"));
  EXPECT_EQ(answer.status, 400) << answer.body;
  ASSERT_EQ(specs_.size(), 1U);
  EXPECT_EQ(specs_[0].audio_length, std::chrono::minutes(2));
}

TEST_F(Dialects, InferenceHonoursOrRefuses) {
  start();
  const auto infer = [&](const std::string& field, const std::string& value) {
    return send("/inference", speech().field(field, value));
  };
  EXPECT_EQ(json::parse(infer("temperature_inc", "0.2").body), json({{"text", "hello"}}));
  EXPECT_EQ(infer("response_format", "srt").body, "content of a.en.srt");
  EXPECT_EQ(infer("offset_t", "1500").status, 200);
  EXPECT_EQ(specs_.back().audio_begin, std::chrono::milliseconds(1500));
  EXPECT_EQ(infer("translate", "true").status, 200);
  EXPECT_TRUE(specs_.back().to_english);
  for (const auto& [field, value] :
       {std::pair{"tinydiarize", "true"}, std::pair{"detect_language", "1"}, std::pair{"max_len", "10"},
        std::pair{"beam_size", "x"}, std::pair{"vad", "perhaps"}, std::pair{"response_format", "lrc"}}) {
    const Answer answer = infer(field, value);
    EXPECT_EQ(answer.status, 400) << field;
    EXPECT_TRUE(json::parse(answer.body).at("error").is_string());
  }
  EXPECT_EQ(send("/load", Form().field("model", "models/ggml-sphinx.bin")).body, "Load was successful!");
  EXPECT_EQ(infer("prompt", "x").status, 200);
  EXPECT_EQ(specs_.back().engine, "sphinx");
  EXPECT_EQ(send("/load", Form().field("model", "none")).status, 400);
  EXPECT_EQ(json::parse(get("/health").body), json({{"status", "ok"}}));
}

TEST_F(Dialects, TextsAreTranslated) {
  start();
  const json fields = {{"q", "one\ntwo"}, {"source", "en"}, {"target", "es"}};
  EXPECT_EQ(json::parse(send_json("/translate", fields).body), json({{"translatedText", "ONE\nTWO"}}));
  const json many = {{"q", {"one", ""}}, {"source", "en"}, {"target", "es"}, {"alternatives", 1}};
  EXPECT_EQ(json::parse(send_json("/translate", many).body),
            json({{"translatedText", {"ONE", ""}}, {"alternatives", {json::array(), json::array()}}}));
  const json html = {{"q", "<p>one <b>two</b></p>"}, {"source", "en"}, {"target", "es"}, {"format", "html"}};
  EXPECT_EQ(json::parse(send_json("/translate", html).body).at("translatedText"), "<p>ONE <b>TWO</b></p>");
}

TEST_F(Dialects, TheSourceIsTheProbableLanguageThatCanBeTranslated) {
  start();
  const json answer = json::parse(send_json("/translate", {{"q", "one"}, {"source", "auto"}, {"target", "es"}}).body);
  EXPECT_EQ(answer.at("detectedLanguage"), json({{"confidence", 30.0}, {"language", "en"}}));
  EXPECT_EQ(answer.at("translatedText"), "ONE");
}

TEST_F(Dialects, TextErrorsSayWhat) {
  options_.max_translation_characters = 10;
  options_.max_translation_texts = 2;
  start();
  const auto expect_error = [&](const json& fields, const std::string& part) {
    const Answer answer = send_json("/translate", fields);
    EXPECT_EQ(answer.status, 400) << answer.body;
    EXPECT_NE(json::parse(answer.body).at("error").get<std::string>().find(part), std::string::npos) << answer.body;
  };
  const auto fields = [](const json& q) { return json{{"q", q}, {"source", "en"}, {"target", "es"}}; };
  expect_error({{"source", "en"}, {"target", "es"}}, "missing q");
  expect_error({{"q", "a"}, {"target", "es"}}, "missing source");
  expect_error({{"q", "a"}, {"source", "en"}}, "missing target");
  expect_error(fields("12345678901"), "request (11) exceeds text limit (10)");
  expect_error(fields({"a", "b", "c"}), "at most 2 texts");
  expect_error({{"q", "a"}, {"source", "en"}, {"target", "tlh"}}, "[ca, en, es, fr]");
  expect_error({{"q", {{"a", 1}}}, {"source", "en"}, {"target", "es"}}, "must");
  EXPECT_EQ(send_json("/translate", fields("\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4\xC3\xA4")).status, 200)
      << "characters, not bytes";
}

TEST_F(Dialects, LanguagesAndDetectionHaveTheirShapes) {
  start();
  const json languages = json::parse(get("/languages").body);
  EXPECT_EQ(languages.at(1), json({{"code", "en"}, {"name", "English"}, {"targets", {"ca", "en", "es", "fr"}}}));
  const json guesses = json::parse(send_json("/detect", {{"q", "texto"}}).body);
  EXPECT_EQ(guesses.at(0), json({{"confidence", 60.0}, {"language", "pt"}}));
  EXPECT_EQ(json::parse(send_json("/detect", {{"q", ""}}).body), json::array());
}

TEST_F(Dialects, SubtitleFilesKeepTheirTimes) {
  start();
  const std::string srt =
      "1\r\n00:00:01,000 --> 00:00:02,000\r\none\r\ntwo\r\n\r\n2\r\n00:00:03,000 --> 00:00:04,000\r\nthree\r\n";
  const Answer answer =
      send("/translate_file", Form().field("source", "en").field("target", "es").file("film.srt", srt));
  ASSERT_EQ(answer.status, 200) << answer.body;
  const std::string address = json::parse(answer.body).at("translatedFileUrl");
  const Answer file = get(address.substr(address.find("/download_file/")));
  EXPECT_EQ(file.body, "1\n00:00:01,000 --> 00:00:02,000\nONE\nTWO\n\n2\n00:00:03,000 --> 00:00:04,000\nTHREE\n\n");
  EXPECT_NE(file.header("content-disposition").find("film_es.srt"), std::string::npos);
  EXPECT_EQ(get("/download_file/none.srt").status, 404);
  EXPECT_EQ(unfinished_uploads(), 0U);
}

}  // namespace
}  // namespace voxlate::http
