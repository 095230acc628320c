#!/usr/bin/env bash
# Builds, and fails if the compiler warns about a file of this package. (-warnings-as-errors would reach the packages that
# this one depends on, whose warnings are not ours to mend.)
#
#     tools/build_without_warnings.sh [OPTIONS OF swift build]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "swift build $*"
swift build "$@" 2>&1 | tee "$log"

# PATH:LINE:COLUMN: warning: TEXT; what is below .build is a dependency's.
warnings=$(grep -E '^[^ ]*(Sources|Tests)/[^:]*:[0-9]+:[0-9]+: warning: ' "$log" | grep -v '/\.build' | sort -u || true)
if [[ -n $warnings ]]; then
    echo "warnings count as errors here:" >&2
    echo "$warnings" >&2
    # The next build would not compile these files again, and so be silent about them.
    cut -d: -f1 <<<"$warnings" | sort -u | xargs -d '\n' touch
    exit 1
fi
