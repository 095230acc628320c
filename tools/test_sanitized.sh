#!/usr/bin/env bash
# Runs the unit tests under a sanitizer, one test target after the other; a target that it reports something of fails.
#
#     tools/test_sanitized.sh thread|address [TEST TARGET...]
#
# Without targets: all but IntegrationTests, which start programs of their own and wait for them, and, for threads,
# LocalFleetTests, where the sanitizer does not see how the runtime orders things (docs/decisions/0013).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

sanitizer=${1:?thread or address}
shift
case $sanitizer in
thread) build=.build-tsan left_out='IntegrationTests|LocalFleetTests' ;;
address) build=.build-asan left_out='IntegrationTests' ;;
*) echo "no sanitizer is named '$sanitizer'" >&2 && exit 64 ;;
esac
if (($# > 0)); then targets=("$@"); else
    mapfile -t targets < <(cd Tests && ls -d -- *Tests | grep -vE "^($left_out)$")
fi

# What is never freed is not looked for: Swift's runtime keeps what it needs to the end.
export ASAN_OPTIONS=detect_leaks=0 SWIFT_BACKTRACE=enable=no

swift build --sanitize "$sanitizer" --scratch-path $build --build-tests
status=0
for target in "${targets[@]}"; do
    log=$build/$target.log
    # Programs start slowly under a sanitizer, and some of these tests bound how long that may take.
    parallel=--parallel
    [[ $target == LocalFleetTests ]] && parallel=--no-parallel
    start=$SECONDS
    if swift test --sanitize "$sanitizer" --scratch-path $build --skip-build --disable-xctest $parallel \
        --filter "^$target\." \
        >"$log" 2>&1 && ! grep -q 'WARNING: ThreadSanitizer\|ERROR: AddressSanitizer' "$log"; then
        result=passed
    else
        result="FAILED: see $log"
        status=1
        grep -aE 'SUMMARY: |recorded an issue|Fatal error' "$log" | sort -u | cut -c -300 | head -20 >&2 || true
    fi
    tests=$(sed -n 's/.*Test run with \([0-9]* tests\{0,1\}\).*/\1/p' "$log" | tail -1)
    printf '%-8s %-18s %10s %5d s  %s\n' "$sanitizer" "$target" "${tests:-?}" $((SECONDS - start)) "$result"
done
exit $status
