#!/usr/bin/env bash
# Runs the stories in a real browser against bin/meadow with the web app in it.
. "$(dirname "$0")/env.sh"

if ! compgen -G 'frontend/e2e/*.mjs' >/dev/null; then
  echo "SKIPPED e2e: frontend/e2e holds no story"
  exit 0
fi
[ -x bin/meadow ] || die "bin/meadow is missing: make web build"
chromium=${MEADOW_TEST_CHROMIUM:-$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)}
[ -n "$chromium" ] || die "no Chromium: install one, or name it in MEADOW_TEST_CHROMIUM"
export MEADOW_TEST_CHROMIUM=$chromium MEADOW_TEST_BIN=$root/bin/meadow
MEADOW_E2E_FILLED=$(mktemp -d)
export MEADOW_E2E_FILLED
trap 'rm -rf "$MEADOW_E2E_FILLED"' EXIT
cd frontend
npm run --silent e2e
