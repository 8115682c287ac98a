#!/usr/bin/env bash
# Formatting and vet of the Go code, and the shell scripts' syntax.
. "$(dirname "$0")/env.sh"

unformatted=$(find . -name '*.go' -not -path '*/node_modules/*' -not -path './.*' -print0 | xargs -0 gofmt -l)
[ -z "$unformatted" ] || die "gofmt would change: $unformatted"
for script in .ci/run deploy/ci/*.sh; do
  bash -n "$script"
done
go vet ./...
