#!/usr/bin/env bash
# Runs the stages it is given, one after another, each a target of the Makefile.
# A stage that fails does not keep the next from running, so that one run tells
# everything; the last lines say how each ended and how many tests it ran.
. "$(dirname "$0")/env.sh"

logs=$root/.cache/ci
rm -rf "$logs"
mkdir -p "$logs"
failed=0
report=()
began=$SECONDS

for stage in "$@"; do
  say "$stage"
  at=$SECONDS
  if make --no-print-directory "$stage" 2>&1 | tee "$logs/$stage.log"; then
    verdict=ok
  else
    verdict=FAILED failed=1
  fi
  report+=("$(printf '%-10s %-7s %4ds' "$stage" "$verdict" $((SECONDS - at)))")
done

# What each stage counted, without colours.
tell() { [ ! -f "$logs/$1.log" ] || sed 's/\x1b\[[0-9;]*m//g' "$logs/$1.log" | grep -E "$2" || true; }

say "summary"
tell go-test '^ *--- FAIL'
printf '%s\n' "${report[@]}"
tell web-test '^ *(Test Files|Tests) '
tell go-test '^(go packages|go tests):'
tell e2e '^(#|ℹ) (tests|pass|fail|skipped) '
cat "$logs"/*.log | grep -oE 'SKIPPED.*' | sort -u || true
tell go-test '^go tests:' | sed 's/^go tests/tests/' | tail -1
printf 'all stages: %s in %ds\n' "$([ $failed -eq 0 ] && echo ok || echo FAILED)" $((SECONDS - began))
exit $failed
