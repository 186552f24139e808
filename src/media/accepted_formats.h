#pragma once

#include <string_view>

#include "media/ffmpeg_ptr.h"

namespace voxlate::media {

/// FFmpeg's names of the containers that are read. None of them can name another file: no playlists, no
/// concatenation scripts, no image sequences.
inline constexpr char kAcceptedFormats[] =
    "mov,matroska,mp3,wav,w64,flac,ogg,aac,mpegts,mpeg,avi,asf,flv,amr,aiff,caf,ac3,eac3,au,"
    "ape,dsf,mpc,mpc8,mxf,tta,wv";

inline constexpr std::string_view kFormatsForPeople =
    "such as MP4, MOV, MKV, WebM, AVI, MPEG-TS, MP3, M4A, WAV, FLAC, Ogg, Opus, AIFF, WMA";

/// FFmpeg's names of the decoders that may run on an upload: audio, and the common video codecs, of which
/// FFmpeg decodes a picture to learn its size where the container does not tell.
inline constexpr char kAcceptedDecoders[] =
    "aac,aac_latm,ac3,alac,amrnb,amrwb,ape,dca,eac3,flac,gsm,gsm_ms,ilbc,mlp,mp1,mp1float,mp2,mp2float,mp3,mp3float,"
    "mpc7,mpc8,nellymoser,opus,speex,truehd,tta,vorbis,wavpack,wmalossless,wmapro,wmav1,wmav2,wmavoice,"
    "dsd_lsbf,dsd_lsbf_planar,dsd_msbf,dsd_msbf_planar,"
    "adpcm_ima_qt,adpcm_ima_wav,adpcm_ms,adpcm_swf,adpcm_yamaha,g722,g726,g726le,mace3,mace6,qdm2,"
    "pcm_alaw,pcm_bluray,pcm_dvd,pcm_f32be,pcm_f32le,pcm_f64be,pcm_f64le,pcm_mulaw,pcm_s16be,pcm_s16be_planar,"
    "pcm_s16le,pcm_s16le_planar,pcm_s24be,pcm_s24le,pcm_s24le_planar,pcm_s32be,pcm_s32le,pcm_s32le_planar,"
    "pcm_s64be,pcm_s64le,pcm_s8,pcm_s8_planar,pcm_u16be,pcm_u16le,pcm_u24be,pcm_u24le,pcm_u32be,pcm_u32le,pcm_u8,"
    "s302m,"
    "av1,flv,h263,h263p,h264,hevc,libdav1d,mjpeg,mpeg1video,mpeg2video,mpeg4,msmpeg4,msmpeg4v1,msmpeg4v2,prores,"
    "svq1,svq3,theora,vc1,vp6,vp6f,vp8,vp9,wmv1,wmv2,wmv3";

bool is_accepted(const AVInputFormat& format);

/// The decoder for `codec` when it may run here, else null.
const AVCodec* find_decoder(AVCodecID codec);

/// Whether times of this container have a zero of their own, as those of MP4 and Matroska do. In the others
/// (a transport stream counts from an arbitrary clock value) players take the first moment of any track as 0.
bool has_own_zero(const AVInputFormat& format);

/// Whether the container stores times. In the others (raw streams, PCM) FFmpeg counts them up by guesses.
bool has_timestamps(const AVInputFormat& format);

/// What a container needs to be named to a browser.
struct ContainerTraits {
  std::string_view format;       ///< FFmpeg's name or list of names
  std::string_view major_brand;  ///< of MP4 and its kin, else empty
  bool is_webm = false;          ///< only for "matroska,webm"
  bool has_video = false;
};

/// "video/mp4"; "application/octet-stream" for one that is not known.
std::string_view content_type(const ContainerTraits& traits);

}  // namespace voxlate::media
