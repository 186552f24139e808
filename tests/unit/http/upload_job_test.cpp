// Jobs on resumable uploads.

#include <fstream>
#include <latch>

#include "base/ids.h"
#include "tests/unit/http/server_fixture.h"

namespace voxlate::http {
namespace {

using nlohmann::json;

class UploadJobTest : public ServerTest {
 protected:
  /// An upload of `length` bytes that has `content` so far; its id.
  std::string make_upload(const std::string& content, std::optional<std::uint64_t> length,
                          Upload::Kind kind = Upload::Kind::kWhole, const std::string& owner = "") {
    const Upload upload{.id = random_id(),
                        .owner = owner,
                        .kind = kind,
                        .length_bytes = length,
                        .offset_bytes = content.size(),
                        .metadata = "filename Li4vdGFsay5tcDQ=",  // "../talk.mp4"
                        .expires_at = clock_.now() + std::chrono::hours(1)};
    EXPECT_TRUE(uploads_.add(upload, 100));
    std::ofstream(data_.upload(upload.id)) << content;
    return upload.id;
  }
  std::string whole(const std::string& content = "content") { return make_upload(content, content.size()); }

  Answer submit(const json& document, const std::string& more = {}) const {
    return ask("POST", "/api/jobs", more + "Content-Type: application/json\r\n", document.dump());
  }
  Job job_of(const Answer& answer) const {
    EXPECT_EQ(answer.status, 202) << answer.body;
    return *store_.get(json::parse(answer.body).at("id"));
  }
  std::string source_of(const Job& job) const { return read_file(data_.workspace(job.id).source(), 1 << 20); }
};

TEST_F(UploadJobTest, TakesACompleteUploadOver) {
  start();
  const std::string id = whole();
  const Job job = job_of(submit({{"upload", id},
                                 {"language", "en"},
                                 {"targets", {"es", "fr"}},
                                 {"formats", "srt,vtt"},
                                 {"vad", false},
                                 {"audio_track", 1},
                                 {"prompt", nullptr}}));
  EXPECT_EQ(job.spec.source_name, "talk.mp4");
  EXPECT_EQ(job.spec.targets, (std::vector<std::string>{"es", "fr"}));
  EXPECT_EQ(job.spec.formats, (std::vector<std::string>{"srt", "vtt"}));
  EXPECT_FALSE(job.spec.vad);
  EXPECT_EQ(job.spec.audio_track, 1);
  EXPECT_EQ(job.media.size_bytes, 7U);
  EXPECT_EQ(job.media.content_type, "video/mp4");
  EXPECT_FALSE(job.awaits_upload);
  EXPECT_EQ(source_of(job), "content");
  EXPECT_EQ(uploads_.get(id), std::nullopt);
  EXPECT_EQ(unfinished_uploads(), 0U);
  EXPECT_EQ(wakes_, 1);
}

TEST_F(UploadJobTest, TakesItsIdFromAFormToo) {
  start();
  const std::string id = whole();
  const Job job = job_of(post(Form().field("upload", id).field("language", "en")));
  EXPECT_EQ(job.spec.language, "en");
  EXPECT_EQ(source_of(job), "content");
}

TEST_F(UploadJobTest, AwaitsAnUploadThatIsStillComingIn) {
  start();
  const std::string id = make_upload("cont", 7);
  const Answer answer = submit({{"upload", id}});
  const Job job = job_of(answer);
  EXPECT_EQ(job.upload_id, id);
  EXPECT_TRUE(job.awaits_upload);
  EXPECT_EQ(job.media.size_bytes, 7U);
  EXPECT_TRUE(uploads_.get(id));
  EXPECT_GT(upload_changes_, 0);
  const json shown = json::parse(get("/api/jobs/" + job.id).body);
  EXPECT_EQ(shown["status"], "queued");
  EXPECT_EQ(shown["waiting_for"], json({{"reason", "upload"}, {"upload", id}}));
  // What comes later is in the job's own file.
  EXPECT_EQ(ask("PATCH", "/api/uploads/" + id,
                "Tus-Resumable: 1.0.0\r\nContent-Type: application/offset+octet-stream\r\nUpload-Offset: 4\r\n", "ent")
                .status,
            204);
  EXPECT_EQ(source_of(job), "content");
  expect_problem(submit({{"upload", make_upload("", std::nullopt)}, {"langauge", "en"}}), 422, "unknown_field");
}

TEST_F(UploadJobTest, OneJobOnAnUpload) {
  start();
  const std::string arriving = make_upload("cont", 7);
  EXPECT_EQ(submit({{"upload", arriving}}).status, 202);
  EXPECT_EQ(submit({{"upload", arriving}}).status, 409);
  const std::string complete = whole();
  std::atomic<int> accepted = 0;
  {
    std::latch ready(8);
    std::vector<std::jthread> clients;
    for (int i = 0; i < 8; ++i) {
      clients.emplace_back([&] {
        ready.arrive_and_wait();
        if (submit({{"upload", complete}}).status == 202) ++accepted;
      });
    }
  }
  EXPECT_EQ(accepted, 1);
  EXPECT_EQ(store_.ids().size(), 2U);
  EXPECT_EQ(job_folders(), 2U);
}

TEST_F(UploadJobTest, RefusesWhatIsNoUploadOfTheCaller) {
  start();
  expect_problem(submit({{"upload", random_id()}}), 404, "not_found");
  expect_problem(submit({{"upload", "../../x"}}), 404, "not_found");
  expect_problem(submit({{"upload", 7}}), 404, "not_found");
  expect_problem(submit({{"language", "en"}}), 422, "invalid_input");
  expect_problem(submit({{"upload", whole()}, {"langauge", "en"}}), 422, "unknown_field");
  expect_problem(submit({{"upload", make_upload("", 0)}}), 422, "invalid_input");
  expect_problem(submit({{"upload", make_upload("x", 1, Upload::Kind::kPart)}}), 409, "upload_conflict");
  expect_problem(submit(json::array()), 400, "malformed_request");
  expect_problem(submit({{"upload", {{"id", "x"}}}}), 422, "invalid_input");
  expect_problem(submit({{"upload", whole()}, {"url", "https://example.org/a.mp4"}}), 422, "invalid_input");
  expect_problem(ask("POST", "/api/jobs", "Content-Type: application/json\r\n", "{\"upload\""), 400,
                 "malformed_request");
  expect_problem(submit({{"upload", "x"}, {"prompt", std::string(300'000, 'x')}}), 413, "too_large");
  expect_problem(post(Form().field("upload", whole()).file("a.wav", "x")), 422, "invalid_input");
  EXPECT_TRUE(store_.ids().empty());
  EXPECT_EQ(job_folders(), 0U);
}

TEST_F(UploadJobTest, AFileThatIsRefusedStaysAnUpload) {
  start();
  const std::string id = whole();
  probe_ = [](const std::filesystem::path&, const JobSpec&) -> MediaSummary {
    throw Error(ErrorCode::kUnsupported, "no audio");
  };
  expect_problem(submit({{"upload", id}}), 415, "unsupported_media");
  EXPECT_TRUE(uploads_.get(id));
  EXPECT_EQ(job_folders(), 0U);
}

TEST_F(UploadJobTest, RepeatedRequestGivesTheFirstJobThoughTheUploadIsGone) {
  start();
  const std::string key = "Idempotency-Key: 0123456789abcdef\r\n";
  const std::string id = whole();
  const Answer first = submit({{"upload", id}, {"language", "en"}}, key);
  const Answer second = submit({{"upload", id}, {"language", "en"}}, key);
  EXPECT_EQ(first.status, 202);
  EXPECT_EQ(second.body, first.body);
  EXPECT_EQ(second.header("idempotent-replayed"), "true");
  expect_problem(submit({{"upload", id}, {"language", "de"}}, key), 422, "invalid_input");
  expect_problem(submit({{"upload", whole()}, {"language", "en"}}, key), 422, "invalid_input");
  EXPECT_EQ(store_.ids().size(), 1U);
}

}  // namespace
}  // namespace voxlate::http
