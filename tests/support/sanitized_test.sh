#!/bin/sh
# Whatever a sanitizer finds in a process that a test starts fails the test, though the test itself is content.
#
#   sanitized_test.sh SANITIZED.SH FAULTY FAULT...
set -u
sanitized=$1
faulty=$2
shift 2

content=$(mktemp) || exit 1
trap 'rm -f "$content"' EXIT
failed=0

# Nobody reads the exit code of the process at fault.
for fault in "$@"; do
  # shellcheck disable=SC2016  # the inner shell takes its arguments by number
  "$sanitized" sh -c '"$1" "$2" || true' - "$faulty" "$fault" 2>"$content"
  status=$?
  if [ "$status" -ne 66 ] || ! grep -q 'a sanitizer reports' "$content"; then
    printf 'a fault (%s) went unseen, exit code %s:\n' "$fault" "$status"
    cat "$content"
    failed=1
  fi
done

"$sanitized" "$faulty" nothing 2>"$content"
status=$?
if [ "$status" -ne 3 ] || [ -s "$content" ]; then
  printf 'where nothing was wrong the exit code is %s instead of 3:\n' "$status"
  cat "$content"
  failed=1
fi
exit "$failed"
