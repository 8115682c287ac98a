#!/usr/bin/env bash
# One step of the web app: deps, check, test, build or clean.
. "$(dirname "$0")/env.sh"
cd frontend

placeholder=dist/index.html

case ${1:?step} in
  deps)
    # npm writes the inner file last, so it is as old as a finished install.
    if [ package-lock.json -nt node_modules/.package-lock.json ]; then
      npm ci --no-audit --no-fund --loglevel=error
      touch node_modules/.package-lock.json
    fi
    ;;
  check) npm run --silent check ;;
  test) npm test --silent ;;
  build) npm run --silent build ;;
  clean) find dist -mindepth 1 -not -path "$placeholder" -delete ;;
  *) die "unknown step $1" ;;
esac
