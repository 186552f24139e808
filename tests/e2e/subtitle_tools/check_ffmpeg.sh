#!/bin/sh
# Re-reads every sample with ffmpeg's own demuxers and compares number and times of the cues.
# usage: check_ffmpeg.sh WRITE_SAMPLES WORK_FOLDER; exits with 77 (skipped) where ffmpeg is not installed.
set -eu
write_samples=$1 work=$2

command -v ffprobe >/dev/null || { echo "SKIPPED: ffprobe (package ffmpeg) is not installed"; exit 77; }

rm -rf "$work/samples" && mkdir -p "$work/samples"
"$write_samples" "$work/samples"

# "begin_ms end_ms" of each cue, rounded.
times_read() {
  ffprobe -v error -f "$2" -show_entries packet=pts_time,duration_time -of csv=p=0 "$1" |
    awk -F, '{ printf "%d %d\n", $1 * 1000 + 0.5, ($1 + $2) * 1000 + 0.5 }'
}
times_written() {
  tr '{' '\n' <"$1" | sed -n 's/.*"begin_ms":\([0-9]*\),"end_ms":\([0-9]*\).*/\1 \2/p'
}

files=0 cues=0 failures=0
for expected in "$work"/samples/*.cues.json; do
  stem=${expected%.cues.json}
  times_written "$expected" >"$work/written"
  for format in srt webvtt; do
    extension=$format
    [ "$format" = webvtt ] && extension=vtt
    times_read "$stem.$extension" "$format" >"$work/read"
    if ! diff "$work/written" "$work/read" >"$work/diff"; then
      failures=$((failures + 1))
      echo "$stem.$extension: written (<) and read by ffmpeg (>) differ"
      cat "$work/diff"
    fi
    files=$((files + 1))
    cues=$((cues + $(wc -l <"$work/read")))
  done
done
echo "$files files, $cues cues read, $failures failures"
[ "$failures" -eq 0 ] && [ "$cues" -gt 100 ]
