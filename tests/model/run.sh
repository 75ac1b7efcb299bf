#!/usr/bin/env bash
# run.sh holds [-DNAME[=VALUE] ...]           spin finds nothing wrong, after a complete search
# run.sh holds --all-reached [-D...]          ... and every statement was reached
# run.sh breaks 'LAW' [-D...]                 spin finds that this law is broken; the shortest way there is printed
#
# --of NAME in front: of NAME.pml; without, of anchal.pml. LAW is the comment of the assertion. pan is built and run in a directory that goes away with this script.
set -euo pipefail

model=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")

fail() {
  printf '%s\n' "$*" >&2
  exit 1
}

# Leaves what pan said in pan.out.
verify() {  # "COMPILER FLAGS" DEFINITION...
  local flags=$1
  shift
  spin "$@" -a "$of" >spin.out || { cat spin.out && fail "spin does not understand the model"; }
  # shellcheck disable=SC2086  # flags are several
  gcc -w -DSAFETY -DMEMLIM="${MODEL_MEMORY_MB:-2000}" $flags -o pan pan.c
  ./pan -m10000 -w22 >pan.out
}

figures() { grep -E 'states, stored|total actual memory|elapsed time' pan.out | sed 's/^[[:space:]]*//'; }

holds() {
  local all="" unreached
  if [ "${1:-}" = --all-reached ]; then
    all=1
    shift
  fi
  verify -O1 "$@"
  if ! grep -q 'errors: 0' pan.out || grep -qE 'Search not completed|search depth too small' pan.out; then
    cat pan.out
    story "$@"
    fail "a law is broken, or the search was not complete"
  fi
  if [ -n "$all" ]; then
    unreached=$(sed -n '/^unreached/,/^$/p' pan.out | grep -E ', state [0-9]+,' | grep -v '"-end-"' || true)
    [ -z "$unreached" ] || fail "never reached, so nothing was shown of it:"$'\n'"$unreached"
  fi
  figures
}

# What happened, told by the model's own printf; then the laws that broke, as FILE:LINE.
story() { spin "$@" -t "$of" | grep -E '^ *([01]: |operator: |redis: |spin: [a-z]+\.pml:[0-9]+, Error)' | sed 's/^ *//' || true; }

law_at() {  # FILE:LINE
  sed -n "${1#*:}s|.*/\* LAW \(.*\) \*/.*|\1|p" "${1%:*}"
}

breaks() {
  local law=$1 told broken
  shift
  verify '-O0 -DBFS' "$@"
  if ! grep -q 'assertion violated' pan.out; then
    cat pan.out
    fail "nothing is broken, although it should be: $law"
  fi
  told=$(story "$@")
  broken=$(law_at "$(sed -n 's/^spin: \([a-z]*\.pml:[0-9]*\), Error.*/\1/p' <<<"$told" | head -n 1)")
  grep -v '^spin:' <<<"$told"
  printf '\nbroken: %s\n\n' "$broken"
  figures
  [ "$broken" = "$law" ] || fail "another law was to break: $law"
}

[ "$#" -ge 1 ] || fail "$(sed -n 's/^# \(run.sh\)/\1/p' "${BASH_SOURCE[0]}")"
for tool in spin gcc; do command -v "$tool" >/dev/null || fail "$tool is missing"; done

of=anchal.pml
if [ "$1" = --of ]; then
  [ -f "$model/$2.pml" ] || fail "there is no $2.pml"
  of=$2.pml
  shift 2
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp "$model"/*.pml "$work"
cd "$work"
"$@"
