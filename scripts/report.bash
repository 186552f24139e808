# shellcheck shell=bash
# Sourced by the scripts beside it: one line for each thing that is wrong, and the checks that several of them make.

kRoot=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly kRoot

say() { printf '%s: %s\n' "${0##*/}" "$*"; }

# One line on stderr, then the end.
fail() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# require_space FOLDER MEGABYTES WHAT: the file system of FOLDER (or of its nearest parent that exists) has room.
require_space() {
  local folder=$1 free
  while [[ ! -e $folder ]]; do folder=$(dirname "$folder"); done
  free=$(df --output=avail -m "$folder" | tail -n1)
  ((free >= $2)) || fail "$free MB free on the disk of $folder, $2 MB are needed $3: free some space"
}

# require_writable FOLDER WHAT: FOLDER exists or can be made, and files can be made in it.
require_writable() {
  mkdir -p "$1" 2>/dev/null && [[ -w $1 && -x $1 ]] ||
    fail "cannot write to $1 ($2) as user $(id -un): change its owner or choose another"
}

# Whether a TCP connection to host $1, port $2 opens within 5 seconds.
can_connect() { timeout 5 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; }

# require_npm_registry PRESET: the npm registry answers, when the build of PRESET has to fetch from it. A proxy is npm's
# own affair: it reports itself.
require_npm_registry() {
  local registry host port=443
  [[ $kRoot/build/$1/web_modules.stamp -nt $kRoot/web/package-lock.json ]] && return 0
  [[ -z ${https_proxy:-}${HTTPS_PROXY:-}$(npm config get https-proxy 2>/dev/null | grep -v null) ]] || return 0
  registry=$(npm config get registry)
  [[ $registry == http://* ]] && port=80
  host=${registry#*://}
  host=${host%%/*}
  [[ $host == *:* ]] && port=${host##*:} && host=${host%%:*}
  can_connect "$host" "$port" ||
    fail "the npm registry $registry cannot be reached, and the browser client needs its packages: check the network"
}

# As many compilers as there are cores, and no more than memory holds (1 GiB each).
build_jobs() {
  local cores gigabytes
  cores=$(nproc)
  gigabytes=$(awk '/^MemAvailable:/ {print int($2 / 1048576)}' /proc/meminfo)
  ((gigabytes < 1)) && gigabytes=1
  echo $((cores < gigabytes ? cores : gigabytes))
}

# configure PRESET [-DNAME=VALUE ...]: runs CMake unless nothing that it reads has changed since the last time.
configure() {
  local made=$kRoot/build/$1/build.ninja
  if [[ $# == 1 && -e $made && -z $(find "$kRoot" -path "$kRoot/build" -prune -o -path '*/node_modules' -prune -o \
    \( -name CMakeLists.txt -o -name '*.cmake' -o -name CMakePresets.json \) -newer "$made" -print -quit) ]]; then
    return 0
  fi
  mkdir -p "$kRoot/build"
  cmake --preset "$@" >"$kRoot/build/$1.log" 2>&1 || {
    grep -m1 -A4 'CMake Error' "$kRoot/build/$1.log" >&2 || tail -n5 "$kRoot/build/$1.log" >&2
    fail "configuring failed (all of it: build/$1.log)"
  }
}
