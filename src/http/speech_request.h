#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "http/api.h"
#include "http/awaited_jobs.h"
#include "http/job_request.h"
#include "http/message.h"
#include "voxlate/transcript.h"

namespace voxlate::http {

/// The way of all dialects from a form with a sound file to what is said in it: the same queue, limits and checks as
/// `POST /api/jobs`, but the client waits.

/// Where a form comes from and what its file is.
struct SpeechForm {
  std::string_view origin;         ///< `JobSpec::origin`
  std::string_view part = "file";  ///< name of the part with the file
  bool raw_samples = false;        ///< the file is 16-bit mono samples at 16 kHz, without a header
};

/// Fields of a dialect as fields of `POST /api/jobs`, and what these do not have.
struct SpeechOptions {
  FormFields fields;
  float temperature = 0;
  std::chrono::milliseconds audio_begin{};
  std::chrono::milliseconds audio_length{};
};

/// Called with the fields of the form once all of it is here; may throw Error.
using ReadSpeechOptions = std::function<std::variant<SpeechOptions, Problem>(const FormFields& fields)>;

/// A request whose job is under way.
struct AwaitedSpeech {
  std::shared_ptr<AwaitedJobs::Place> place;
  std::shared_ptr<AwaitedJobs::Interest> job;
  std::chrono::milliseconds duration{};  ///< of the media; 0: not known
};

/// Receives the form and adds the job, or joins the one of an equal request. Throws what probing throws.
std::variant<AwaitedSpeech, Problem> submit_speech(Api& api, Request& request, const SpeechForm& form,
                                                   const ReadSpeechOptions& read);

struct HeardSpeech {
  Job job;
  Transcript transcript;
};

/// Waits for it; nothing is left of it when the client goes away.
std::variant<HeardSpeech, Problem> hear_speech(Api& api, const Request& request, const AwaitedSpeech& speech);

/// The same for a job that has ended.
std::variant<HeardSpeech, Problem> heard_of(Api& api, const Job& job);

/// The job's file with that extension: "srt".
std::string result_file(const Api& api, const Job& job, std::string_view extension);

/// What was said as one text.
std::string text_of(const Transcript& transcript);

/// Adds a segment to a text as `text_of` does.
void append_segment(std::string& text, std::string_view segment);

/// The first field of that name; empty: there is none.
std::string field_of(const FormFields& fields, std::string_view name);

/// "true", "1", "yes", "on" or "false", "0", "no", "off" or empty, in any case; nothing for others.
std::optional<bool> parse_flag(std::string_view text);

/// A number with nothing around it.
std::optional<double> parse_number(std::string_view text);

/// The fault of a field: what was expected, and what came.
Problem field_problem(std::string_view name, std::string_view expected, std::string_view got);

/// Turns what a dialect calls a model into a field of `POST /api/jobs`: a model, an engine, or nothing for an alias of
/// the default one. False: there is none of that name.
bool add_model(const Api& api, std::string_view model, FormFields& fields);

}  // namespace voxlate::http
