#!/usr/bin/env bash
# Installs what the tests want from Debian, if it is missing and there is apt:
# a C compiler for the race detector; ffmpeg for videos; a browser and fonts for
# the browser tests.
. "$(dirname "$0")/env.sh"

have_font() { command -v fc-list >/dev/null && fc-list | grep -i "$1" >/dev/null; }

missing=()
command -v cc >/dev/null || missing+=(gcc libc6-dev)
command -v ffmpeg >/dev/null && command -v ffprobe >/dev/null || missing+=(ffmpeg)
command -v chromium >/dev/null || missing+=(chromium)
have_font 'noto.*cjk' || missing+=(fonts-noto-cjk)
have_font 'noto color emoji' || missing+=(fonts-noto-color-emoji)
[ ${#missing[@]} -eq 0 ] && exit 0

if ! command -v apt-get >/dev/null; then
  say "missing, and there is no apt-get to install it: ${missing[*]}"
  exit 0
fi
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
apt() { "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=500 -q "$@"; }
say "installing ${missing[*]}"
apt update
apt install -y --no-install-recommends "${missing[@]}" ||
  { apt update && apt install -y --no-install-recommends "${missing[@]}"; }
