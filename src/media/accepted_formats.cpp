#include "media/accepted_formats.h"

#include <array>

extern "C" {
#include <libavutil/avstring.h>
}

namespace voxlate::media {
namespace {

struct NamedType {
  std::string_view format;
  std::string_view with_video;
  std::string_view audio_only;
};

constexpr std::array kTypes = {
    NamedType{"aac", "audio/aac", "audio/aac"},
    NamedType{"ac3", "audio/ac3", "audio/ac3"},
    NamedType{"aiff", "audio/aiff", "audio/aiff"},
    NamedType{"amr", "audio/amr", "audio/amr"},
    NamedType{"asf", "video/x-ms-wmv", "audio/x-ms-wma"},
    NamedType{"au", "audio/basic", "audio/basic"},
    NamedType{"avi", "video/x-msvideo", "video/x-msvideo"},
    NamedType{"caf", "audio/x-caf", "audio/x-caf"},
    NamedType{"eac3", "audio/eac3", "audio/eac3"},
    NamedType{"flac", "audio/flac", "audio/flac"},
    NamedType{"flv", "video/x-flv", "video/x-flv"},
    NamedType{"mp3", "audio/mpeg", "audio/mpeg"},
    NamedType{"mpeg", "video/mpeg", "video/mpeg"},
    NamedType{"mpegts", "video/mp2t", "video/mp2t"},
    NamedType{"mxf", "application/mxf", "application/mxf"},
    NamedType{"ogg", "video/ogg", "audio/ogg"},
    NamedType{"wav", "audio/wav", "audio/wav"},
};

std::string_view mp4_type(const ContainerTraits& traits) {
  if (traits.major_brand.starts_with("qt")) return traits.has_video ? "video/quicktime" : "audio/mp4";
  if (traits.major_brand.starts_with("3g")) return traits.has_video ? "video/3gpp" : "audio/3gpp";
  return traits.has_video ? "video/mp4" : "audio/mp4";
}

}  // namespace

bool is_accepted(const AVInputFormat& format) { return av_match_list(format.name, kAcceptedFormats, ',') > 0; }

const AVCodec* find_decoder(AVCodecID codec) {
  const AVCodec* const decoder = avcodec_find_decoder(codec);
  if (decoder == nullptr || av_match_list(decoder->name, kAcceptedDecoders, ',') <= 0) return nullptr;
  return decoder;
}

bool has_own_zero(const AVInputFormat& format) { return av_match_list(format.name, "mov,matroska", ',') > 0; }

bool has_timestamps(const AVInputFormat& format) {
  return av_match_list(format.name, "mov,matroska,ogg,mpegts,mpeg,avi,asf,flv,mxf", ',') > 0;
}

std::string_view content_type(const ContainerTraits& traits) {
  if (traits.format.starts_with("mov,")) return mp4_type(traits);
  if (traits.format.starts_with("matroska")) {
    if (traits.is_webm) return traits.has_video ? "video/webm" : "audio/webm";
    return traits.has_video ? "video/x-matroska" : "audio/x-matroska";
  }
  for (const NamedType& type : kTypes) {
    if (type.format == traits.format) return traits.has_video ? type.with_video : type.audio_only;
  }
  return "application/octet-stream";
}

}  // namespace voxlate::media
