#!/bin/sh
# Checks the object files of the kernels, of a release build (a debug build adds metadata for tests):
#   - they call nothing but memory copies and the C mathematics they name, so they cannot allocate, lock or trap;
#   - no mergeable symbol is shared between modules, so the linker cannot hand a variant's code to a CPU that lacks its
#     instructions.
#
#     tools/check_kernel_symbols.sh [BUILD_DIRECTORY]        (default .build/release)

set -eu

directory=${1:-.build/release}
allowed='^(exp|log|log1p|swift_deletedMethodError|memcpy|memmove|memset|_GLOBAL_OFFSET_TABLE_)$'
checked=0
failed=0

for module in AttnKernels AttnKernelsAVX2; do
    objects="$directory/$module.build"
    [ -d "$objects" ] || continue
    checked=$((checked + 1))
    # Symbols of the module itself carry its name with its length before it.
    own="^\\\$s${#module}$module"

    calls=$(nm --undefined-only --format=posix "$objects"/*.o | awk 'NF > 1 { print $1 }' | sort -u |
        grep -Ev "$allowed" | grep -Ev "$own" || true)
    if [ -n "$calls" ]; then
        echo "$module needs symbols it should not:" >&2
        echo "$calls" >&2
        failed=1
    fi

    shared=$(nm --defined-only --format=posix "$objects"/*.o | awk '$1 != "symbolic" && $2 ~ /[WwVvu]/ { print $1 }' | sort -u |
        grep -Ev "$own|^__swift_reflection_version$" || true)
    if [ -n "$shared" ]; then
        echo "$module defines symbols that other modules may define too:" >&2
        echo "$shared" >&2
        failed=1
    fi
done

if [ "$checked" -eq 0 ]; then
    echo "no kernel objects in $directory: run swift build -c release first" >&2
    exit 1
fi
[ "$failed" -eq 0 ] && echo "kernel symbols: $checked modules clean"
exit "$failed"
