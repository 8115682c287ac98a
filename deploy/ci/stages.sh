#!/usr/bin/env bash
# Runs the stages it is given, one after another, each a target of the Makefile.
# Stages that are joined by a plus run at the same time: the first of them is
# patient (nice), so that a browser beside it sees a machine that answers.
# A stage that fails does not keep the next from running, so that one run tells
# everything; the last lines say how each ended and how many tests it ran.
. "$(dirname "$0")/env.sh"

logs=$root/.cache/ci
rm -rf "$logs"
mkdir -p "$logs"
failed=0
report=()
began=$SECONDS

# one runs a stage, its lines behind a prefix, and notes how it ended and when.
one() {
  local at=$SECONDS verdict=ok
  "${@:3}" make --no-print-directory "$1" 2>&1 | tee "$logs/$1.log" | sed -u "s/^/$2/" || verdict=FAILED
  echo "$verdict $((SECONDS - at))" >"$logs/$1.ended"
}

for stages in "$@"; do
  say "$stages"
  together=(${stages//+/ }) patience=()
  if [ ${#together[@]} -eq 1 ]; then
    one "$stages" ''
  else
    patience=(nice -n 10)
    for stage in "${together[@]}"; do
      one "$stage" "$stage: " "${patience[@]}" &
      patience=()
    done
    wait
  fi
  for stage in "${together[@]}"; do
    read -r verdict took <"$logs/$stage.ended"
    [ "$verdict" = ok ] || failed=1
    report+=("$(printf '%-10s %-7s %4ds' "$stage" "$verdict" "$took")")
  done
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
