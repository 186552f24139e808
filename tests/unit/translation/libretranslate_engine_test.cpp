#include "translation/libretranslate_engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <latch>
#include <nlohmann/json.hpp>
#include <thread>

#include "tests/unit/scripted_server.h"
#include "voxlate/error.h"

namespace voxlate::translation {
namespace {

using nlohmann::json;
using std::chrono::milliseconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr const char* kLanguages =
    R"([{"code":"en","name":"English","targets":["en","es","pb"]},{"code":"es","name":"Spanish","targets":["en"]}])";

void send(const Connection& connection, const std::string& body, const std::string& status = "200 OK",
          const std::string& fields = "") {
  connection.send(answer_head(status, body.size(), fields) + body);
}

/// "es:" before each text.
json translated(const json& q) {
  if (q.is_string()) return "es:" + q.get<std::string>();
  json texts = json::array();
  for (const json& text : q) texts.push_back("es:" + text.get<std::string>());
  return texts;
}

std::vector<std::string> numbered(std::size_t count) {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) texts.push_back("Sentence " + std::to_string(i) + ".");
  return texts;
}

class LibreTranslate : public ::testing::Test {
 protected:
  using Answer = std::function<void(const json& question, const Connection& connection)>;

  LibreTranslateEngine& engine() {
    if (!engine_) {
      options_.url = server_.url();
      engine_ = std::make_unique<LibreTranslateEngine>(options_);
      engine_->refresh({});
    }
    return *engine_;
  }

  std::vector<std::string> translate(const std::vector<std::string>& texts, const std::stop_token& stop = {}) {
    return engine().translate(texts, "en", "es", stop);
  }

  Error failure(const std::vector<std::string>& texts, const std::stop_token& stop = {}) {
    try {
      translate(texts, stop);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  /// Of all questions for a translation, how many sentences each had.
  std::vector<std::size_t> batches() const {
    std::vector<std::size_t> sizes;
    for (const ScriptedRequest& request : server_.requests()) {
      if (request.target != "/translate") continue;
      const json q = json::parse(request.body).at("q");
      sizes.push_back(q.is_array() ? q.size() : 1);
    }
    return sizes;
  }

  std::string languages_ = kLanguages;
  Answer answer_ = [](const json& question, const Connection& connection) {
    send(connection, json{{"translatedText", translated(question.at("q"))}}.dump());
  };
  LibreTranslateOptions options_;
  ScriptedServer server_{[this](const ScriptedRequest& request, const Connection& connection) {
                           if (request.target == "/languages") return send(connection, languages_);
                           answer_(json::parse(request.body), connection);
                         },
                         /*threads=*/4};
  std::unique_ptr<LibreTranslateEngine> engine_;
};

TEST_F(LibreTranslate, LearnsItsPairsFromTheServer) {
  options_.url = server_.url();
  LibreTranslateEngine engine(options_);
  EXPECT_THAT(engine.pairs(), IsEmpty()) << "the constructor asks nobody";
  EXPECT_THAT(server_.requests(), IsEmpty());
  engine.refresh({});
  EXPECT_THAT(engine.pairs(),
              ElementsAre(EnginePair{"en", "es", "libretranslate"}, EnginePair{"en", "pt-BR", "libretranslate"},
                          EnginePair{"es", "en", "libretranslate"}));
  EXPECT_EQ(engine.translate(std::vector<std::string>{"a"}, "en", "pt-BR", {}).size(), 1U);
  EXPECT_EQ(json::parse(server_.requests().back().body).at("target"), "pb") << "the server's own code";
}

TEST_F(LibreTranslate, OlderServersTranslateEachIntoEach) {
  languages_ = R"([{"code":"en","name":"English"},{"code":"es"},{"code":"../x"},{"code":7},{},3])";
  EXPECT_THAT(engine().pairs(),
              ElementsAre(EnginePair{"en", "es", "libretranslate"}, EnginePair{"es", "en", "libretranslate"}));
}

TEST_F(LibreTranslate, AsksForItsPairsAgainWhenItIsTime) {
  auto now = std::chrono::steady_clock::time_point{};
  options_.now = [&now] { return now; };
  languages_ = "broken";
  options_.url = server_.url();
  LibreTranslateEngine engine(options_);
  EXPECT_THROW(engine.refresh({}), Error);
  languages_ = kLanguages;
  engine.refresh({});
  EXPECT_EQ(engine.pairs().size(), 3U);
  languages_ = "[]";
  now += std::chrono::seconds(599);
  engine.refresh({});
  EXPECT_EQ(engine.pairs().size(), 3U);
  now += std::chrono::seconds(1);
  languages_ = "{}";
  EXPECT_THROW(engine.refresh({}), Error);
  EXPECT_EQ(engine.pairs().size(), 3U) << "what is known stays";
  languages_ = "[]";
  engine.refresh({});
  EXPECT_THAT(engine.pairs(), IsEmpty());
}

TEST_F(LibreTranslate, TranslatesInOrderAndLeavesBlanksAlone) {
  options_.key = "the-key";
  EXPECT_THAT(translate({"One.", " ", "Two\x80.", ""}), ElementsAre("es:One.", " ", "es:Two\xEF\xBF\xBD.", ""));
  const json question = json::parse(server_.requests().back().body);
  EXPECT_EQ(question.at("source"), "en");
  EXPECT_EQ(question.at("target"), "es");
  EXPECT_EQ(question.at("format"), "text");
  EXPECT_EQ(question.at("api_key"), "the-key");
  EXPECT_EQ(question.at("q").size(), 2U);
  translate({"One."});
  EXPECT_EQ(json::parse(server_.requests().back().body).at("q"), "One.") << "the oldest servers know no lists";
}

TEST_F(LibreTranslate, ATranslationIsOneLine) {
  answer_ = [](const json&, const Connection& connection) {
    send(connection, json{{"translatedText", "\r\nUno\ndos\x01 "}}.dump());
  };
  EXPECT_THAT(translate({"One two."}), ElementsAre("Uno dos"));
}

TEST_F(LibreTranslate, BatchesAreNoLargerThanAllowed) {
  options_.batch = {.max_sentences = 4, .max_characters = 40};
  std::vector<std::string> texts = numbered(6);
  texts.emplace_back(200, 'x');
  texts.emplace_back("End.");
  EXPECT_EQ(translate(texts).back(), "es:End.");
  EXPECT_THAT(batches(), ElementsAre(3, 3, 1, 1));
}

TEST_F(LibreTranslate, ARefusedBatchIsHalved) {
  answer_ = [](const json& question, const Connection& connection) {
    const json& q = question.at("q");
    if (q.is_array() && q.size() > 2) return send(connection, R"({"error":"batch limit"})", "400 Bad Request");
    send(connection, json{{"translatedText", translated(q)}}.dump());
  };
  const std::vector<std::string> texts = numbered(7);
  const std::vector<std::string> translations = translate(texts);
  ASSERT_EQ(translations.size(), 7U);
  for (std::size_t i = 0; i < texts.size(); ++i) EXPECT_EQ(translations[i], "es:" + texts[i]);
  EXPECT_THAT(batches(), ElementsAre(7, 3, 1, 2, 4, 2, 2));
}

TEST_F(LibreTranslate, AWrongAnswerIsHalvedToo) {
  for (const char* wrong :
       {R"({"translatedText":["just one"]})", R"({"translatedText":["a",7]})", R"({"translatedText":["a"," "]})",
        R"({"translatedText":null})", R"({})", R"([1])", "broken", ""}) {
    answer_ = [&](const json& question, const Connection& connection) {
      const json& q = question.at("q");
      send(connection, q.is_array() ? wrong : json{{"translatedText", translated(q)}}.dump());
    };
    EXPECT_THAT(translate({"One.", "Two."}), ElementsAre("es:One.", "es:Two.")) << wrong;
  }
}

TEST_F(LibreTranslate, ASingleSentenceRefusedIsAnError) {
  answer_ = [](const json&, const Connection& connection) {
    send(connection, json{{"translatedText", std::string(1000, 'x')}}.dump());
  };
  const Error error = failure({"One.", "Two."});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), AllOf(HasSubstr("127.0.0.1"), HasSubstr("far too long")));
  EXPECT_THAT(batches(), ElementsAre(2, 1));
}

TEST_F(LibreTranslate, AnErrorSaysStatusAndReasonWithoutTheText) {
  options_.key = "the-key";
  std::string body;
  std::string status = "500 Internal Server Error";
  answer_ = [&](const json&, const Connection& connection) { send(connection, body, status); };
  body = R"({"error":"the model\n is gone"})";
  EXPECT_THAT(failure({"One.", "Two."}).what(), HasSubstr("HTTP status 500: the model  is gone"));
  EXPECT_THAT(batches(), ElementsAre(2)) << "a smaller batch does not help a server that is broken";
  body = R"({"error":"key the-key is odd"})";
  EXPECT_THAT(failure({"One."}).what(), AllOf(HasSubstr("HTTP status 500"), Not(HasSubstr("the-key"))));
  body = R"({"error":"cannot translate Top secret words"})";
  EXPECT_THAT(failure({"Top secret words are here."}).what(), Not(HasSubstr("secret")));
  status = "403 Forbidden";
  body = R"({"error":"invalid: the-k"})";
  const Error refused = failure({"One."});
  EXPECT_EQ(refused.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(refused.what(), AllOf(HasSubstr("HTTP status 403: it refuses the key"), Not(HasSubstr("the-k"))));
}

TEST_F(LibreTranslate, AServerThatWantsNoQuestionsForLongIsUnavailable) {
  answer_ = [](const json&, const Connection& connection) {
    send(connection, R"({"error":"slow down"})", "429 Too Many Requests", "Retry-After: 3600\r\n");
  };
  const Error error = failure({"One."});
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_THAT(error.what(), HasSubstr("not to be asked for 3600 s"));
}

TEST_F(LibreTranslate, AHangingServerIsATimeout) {
  options_.http.timeout = milliseconds(100);
  answer_ = [](const json&, const Connection& connection) { connection.hold(); };
  EXPECT_EQ(failure({"One."}).code(), ErrorCode::kTimeout);
}

TEST_F(LibreTranslate, StopsOnRequest) {
  std::stop_source stop;
  answer_ = [stop](const json&, const Connection& connection) {
    std::stop_source(stop).request_stop();
    connection.hold();
  };
  EXPECT_EQ(failure({"One."}, stop.get_token()).code(), ErrorCode::kCancelled);
}

TEST_F(LibreTranslate, RefusesPairsThatItDoesNotHave) {
  EXPECT_THROW(engine().translate(std::vector<std::string>{"Uno."}, "es", "th", {}), Error);
  EXPECT_THAT(batches(), IsEmpty());
}

TEST_F(LibreTranslate, ManyCallersShareTheBound) {
  options_.http.max_requests = 2;
  std::atomic<int> active = 0;
  std::atomic<int> most = 0;
  answer_ = [&](const json& question, const Connection& connection) {
    const int now = ++active;
    for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
    }
    --active;
    send(connection, json{{"translatedText", translated(question.at("q"))}}.dump());
  };
  engine();
  {
    std::vector<std::jthread> callers;
    for (int i = 0; i < 6; ++i)
      callers.emplace_back([&, i] {
        const std::string text = "Caller " + std::to_string(i);
        EXPECT_THAT(translate({text}), ElementsAre("es:" + text));
      });
  }
  EXPECT_LE(most, 2);
}

}  // namespace
}  // namespace voxlate::translation
