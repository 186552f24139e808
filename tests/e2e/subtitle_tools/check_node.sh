#!/bin/sh
# Checks sample files with npm packages, which are installed into the build folder.
# usage: check_node.sh WRITE_SAMPLES SOURCE_FOLDER WORK_FOLDER; exits with 77 (skipped) where npm cannot install.
set -eu
write_samples=$1 source=$2 work=$3

skip() { echo "SKIPPED: $1"; exit 77; }
command -v node >/dev/null || skip "node is not installed"
command -v npm >/dev/null || skip "npm is not installed"

mkdir -p "$work/modules"
rm -rf "$work/samples" && mkdir -p "$work/samples"
if ! cmp -s "$source/package.json" "$work/modules/package.json" || [ ! -d "$work/modules/node_modules/subtitle" ]; then
  cp "$source/package.json" "$work/modules/package.json"
  if ! (cd "$work/modules" && npm install --no-audit --no-fund --ignore-scripts --fetch-retries=1 \
        --fetch-timeout=20000 >npm.log 2>&1); then
    rm -f "$work/modules/package.json"
    skip "npm cannot install subtitle and webvtt-parser (is the registry reachable?): $(tail -n 1 "$work/modules/npm.log")"
  fi
fi
"$write_samples" "$work/samples"
node "$source/check.mjs" "$work/samples" "$work/modules"
