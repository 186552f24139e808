#pragma once

#include <vector>

#include "subtitles/profile.h"
#include "voxlate/cue.h"
#include "voxlate/transcript.h"

namespace voxlate::subtitles {

/// Lays the speech of `transcript` out as subtitles. Pure and deterministic; thread-safe.
///
/// Guaranteed for every transcript: each word once and in order; cues ordered, apart by `profile.gap`, inside
/// the media (its stated duration, or the last segment's end where none is stated), never longer than
/// `profile.max_duration`; every cue begins with its first word; none goes over a pause of more than 1.5 s. A
/// word wider than a line (with punctuation that stands beside it, as in "Bonjour !") has a line of its own.
///
/// Guaranteed between two such pauses: where some division into cues and lines meets all rules, so does the
/// result. Where none does (speech faster than `max_cps` with no silence to extend into, a word in the last
/// moment of the media), the division that breaks them least is chosen; `check_rules` names what is left. Only
/// when words share their times so that there is no room for a gap between two cues do they become one cue with
/// too many lines.
std::vector<Cue> make_cues(const Transcript& transcript, const Profile& profile);

}  // namespace voxlate::subtitles
