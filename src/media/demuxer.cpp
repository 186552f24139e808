#include "media/demuxer.h"

#include <algorithm>
#include <deque>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "media/accepted_formats.h"
#include "voxlate/error.h"

namespace voxlate::media {
namespace {

constexpr int kMaxReadErrors = 16;  // one after the other

/// FFmpeg asks this when a container names another file.
int deny_open(AVFormatContext* /*context*/, AVIOContext** /*io*/, const char* /*url*/, int /*flags*/,
              AVDictionary** /*options*/) {
  return AVERROR(EPERM);
}

int is_due(void* interrupt) { return static_cast<const Interrupt*>(interrupt)->is_due() ? 1 : 0; }

[[noreturn]] void refuse(std::string_view got) {
  throw Error(ErrorCode::kUnsupported,
              fmt::format("Expected a video or audio file ({}), got {}.", kFormatsForPeople, got));
}

}  // namespace

Demuxer::Demuxer(UniqueFd file, const Limits& limits, std::stop_token stop, WaitForBytes wait_for_bytes)
    : interrupt_(std::move(stop), limits.open_timeout),
      input_(std::move(file), interrupt_, std::move(wait_for_bytes), limits.arrival_timeout) {
  prepare_ffmpeg();
  interrupt_.check();
  detect();
  open(limits);
  find_streams(limits);
}

void Demuxer::detect() {
  if (input_.size_bytes() == 0) refuse("an empty file");
  const int score = av_probe_input_buffer2(input_.io(), &type_, /*url=*/nullptr, /*logctx=*/nullptr, /*offset=*/0,
                                           /*max_probe_size=*/0);
  interrupt_.check();
  input_.check();
  if (score < 0 || type_ == nullptr) refuse("something of an unknown kind");
  if (!is_accepted(*type_)) refuse(fmt::format("\"{}\"", type_->long_name));
  certain_ = score > AVPROBE_SCORE_RETRY;
}

void Demuxer::open(const Limits& limits) {
  AVFormatContext* context = avformat_alloc_context();
  if (context == nullptr) throw std::bad_alloc();
  context->pb = input_.io();
  context->opaque = &log_;
  context->io_open = &deny_open;
  context->interrupt_callback = {.callback = &is_due, .opaque = &interrupt_};
  context->probesize = limits.probe_size_bytes;
  context->max_streams = limits.max_streams + 1;  // FFmpeg 7 leaves out what is above it without a word
  context->max_probe_packets = 500;

  Dictionary options;
  options.set("format_whitelist", kAcceptedFormats);
  options.set("codec_whitelist", kAcceptedDecoders);
  options.set("protocol_whitelist", "none");
  options.set("enable_drefs", std::int64_t{0});
  // Frees the context when it fails.
  const int error = avformat_open_input(&context, /*url=*/nullptr, type_, options.get());
  if (error < 0) fail(error);
  format_.reset(context);
}

void Demuxer::find_streams(const Limits& limits) {
  const auto is_track = [](const AVStream* stream) { return stream->codecpar->codec_type != AVMEDIA_TYPE_ATTACHMENT; };
  if (std::count_if(format_->streams, format_->streams + format_->nb_streams, is_track) > limits.max_streams) {
    throw Error(
        ErrorCode::kTooLarge,
        fmt::format("The file asks for too many tracks: expected at most {} (max_streams).", limits.max_streams));
  }
  std::deque<Dictionary> owners(format_->nb_streams);
  std::vector<AVDictionary*> options;
  for (Dictionary& dictionary : owners) {
    dictionary.set("max_pixels", limits.max_pixels);
    options.push_back(*dictionary.get());
  }
  const int error = avformat_find_stream_info(format_.get(), options.empty() ? nullptr : options.data());
  // FFmpeg replaced the dictionaries by what it did not use.
  for (std::size_t index = 0; index < owners.size(); ++index) *owners[index].get() = options[index];
  interrupt_.check();
  input_.check();
  if (error < 0) fail(error);
  if (format_->nb_streams == 0) {
    if (!certain_) refuse("something of an unknown kind");
    throw Error(ErrorCode::kCorrupt, fmt::format("The file looks like {}, but has no track.", type_->long_name));
  }
}

bool Demuxer::read(AVPacket& packet) {
  for (int attempt = 0; attempt < kMaxReadErrors; ++attempt) {
    const int error = av_read_frame(format_.get(), &packet);
    interrupt_.check();
    input_.check();
    if (error >= 0) return true;
    if (error == AVERROR_EOF) return false;
    ++read_errors_;
  }
  return false;
}

void Demuxer::fail(int error) const {
  interrupt_.check();
  input_.check();
  if (!certain_) refuse("something of an unknown kind");
  const std::string reason = describe_failure(error, log_);
  if (error == AVERROR(ENOMEM)) {
    throw Error(ErrorCode::kTooLarge, fmt::format("The file asks for too many tracks or too much memory: {}.", reason));
  }
  throw Error(ErrorCode::kCorrupt,
              fmt::format("The file looks like {}, but cannot be read: {}.", type_->long_name, reason));
}

}  // namespace voxlate::media
