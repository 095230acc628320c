#!/usr/bin/env bash
# Fuzzes the decoders one after the other with libFuzzer under the address sanitizer, and prints a line for each.
#
#     tools/fuzz.sh [DECODER...]          all, or those named
#     tools/fuzz.sh --keep [DECODER...]   fuzz nothing, but take into Tests/FuzzCorpus what earlier runs found that
#                                         reaches code which nothing there does: the smallest, KEEP (48) in all
#
# INPUTS (20000) a decoder, MAX_LENGTH (4096) bytes an input, SEED (1): the same seed and corpus try the same inputs.
# What runs find worth going on from stays in .build-fuzz/corpus. An input that crashed is left in
# Tests/FuzzCorpus/DECODER/crashes, where the ordinary tests replay it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

build=.build-fuzz
program=$build/release/Fuzz
committed=Tests/FuzzCorpus
found=$build/corpus

# libFuzzer reports a trap itself; Swift's backtraces would come in between. The less freed memory is kept back to
# catch its use, the tighter the limit on memory can be.
export SWIFT_BACKTRACE=enable=no ASAN_OPTIONS=quarantine_size_mb=16:malloc_context_size=4
export LSAN_OPTIONS=suppressions=tools/fuzz_leaks.txt:print_suppressions=0

# Coverage and addresses are watched in Swift; in C, of which there is little, addresses.
build_fuzzer() {
    ATTN_FUZZ=1 swift build -c release --product Fuzz --scratch-path $build --sanitize fuzzer \
        -Xswiftc -sanitize=fuzzer,address -Xcc -fsanitize=address -Xswiftc -use-ld=lld
}

# A number of libFuzzer's final statistics.
statistic() { sed -n "s/^stat::$1: *//p" "$2"; }

files_in() { find "$1" -type f 2>/dev/null | wc -l; }

# Prints a line; fails if an input crashed.
fuzz() {
    local decoder=$1 log=$build/$1.log
    local crashes=$committed/$decoder/crashes
    mkdir -p "$found/$decoder" "$crashes"
    local kept status=0 start=${EPOCHREALTIME/./} executed
    kept=$(files_in "$crashes")
    "$program" --decoder="$decoder" -runs="${INPUTS:-20000}" -max_len="${MAX_LENGTH:-4096}" -seed="${SEED:-1}" \
        -malloc_limit_mb=64 -rss_limit_mb=512 -timeout=10 -artifact_prefix="$crashes/" -print_final_stats=1 \
        "$found/$decoder" "$committed/$decoder" >"$log" 2>&1 || status=$?
    executed=$(statistic number_of_executed_units "$log")
    printf '%-22s %9d %9d %9d %9d\n' "$decoder" "$executed" "$((executed * 1000000 / (${EPOCHREALTIME/./} - start)))" \
        "$(files_in "$found/$decoder")" "$(($(files_in "$crashes") - kept))"
    rmdir --ignore-fail-on-non-empty "$crashes"
    if ((status != 0)); then
        grep -aE 'Fatal error|ERROR|Test unit written' "$log" | cut -c -400 >&2 || tail -5 "$log" >&2
    fi
    return $status
}

# What is reached counts, not how often, or there were hundreds.
keep() {
    local decoder=$1 merged room name
    mkdir -p "$found/$decoder"
    merged=$(mktemp -d)
    cp "$committed/$decoder"/* "$merged" 2>/dev/null || true
    "$program" --decoder="$decoder" -set_cover_merge=1 -use_counters=0 -use_cmp=0 -max_len=1024 "$merged" \
        "$found/$decoder" >"$build/$decoder.log" 2>&1
    room=$((${KEEP:-48} - $(files_in "$committed/$decoder")))
    while ((room > 0)) && read -r name; do
        [[ -e $committed/$decoder/$name ]] && continue
        cp "$merged/$name" "$committed/$decoder"
        room=$((room - 1))
    done < <(ls -Sr "$merged")
    rm -r "$merged"
    printf '%-22s %9s\n' "$decoder" "$(files_in "$committed/$decoder")"
}

action=fuzz
if [[ ${1:-} == --keep ]]; then
    action=keep
    shift
fi
build_fuzzer
if (($# > 0)); then decoders=("$@"); else mapfile -t decoders < <(ls "$committed"); fi
if [[ $action == fuzz ]]; then
    printf '%-22s %9s %9s %9s %9s\n' decoder inputs inputs/s corpus crashes
else
    printf '%-22s %9s\n' decoder kept
fi
status=0
for decoder in "${decoders[@]}"; do $action "$decoder" || status=1; done
exit $status
