#!/bin/sh
# Runs a test of a sanitized build. Every process under it writes what its sanitizer finds to a folder of this run, and
# one report there fails the test: that of an engine that the test kills, too, and of one whose exit code nobody reads.
#
#   sanitized.sh COMMAND [arguments]
set -u
reports=$(mktemp -d "${TMPDIR:-/tmp}/anchal-sanitized-XXXXXX") || exit 1
trap 'rm -rf "$reports"' EXIT

common="log_path=$reports/report"
if symbolizer=$(command -v llvm-symbolizer); then common="$common:external_symbolizer_path=$symbolizer"; fi
ASAN_OPTIONS="detect_stack_use_after_return=1:strict_string_checks=1:check_initialization_order=1:$common${ASAN_OPTIONS:+:$ASAN_OPTIONS}"
UBSAN_OPTIONS="print_stacktrace=1:$common${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}"
TSAN_OPTIONS="second_deadlock_stack=1:$common${TSAN_OPTIONS:+:$TSAN_OPTIONS}"
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS

"$@"
status=$?
for report in "$reports"/report*; do
  [ -s "$report" ] || continue
  printf '\n--- a sanitizer reports (%s):\n' "${report##*/}" >&2
  cat "$report" >&2
  [ "$status" -ne 0 ] || status=66
done
exit "$status"
