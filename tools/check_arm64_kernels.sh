#!/bin/sh
# Compiles the kernels for arm64 and looks at what came out, on any machine: the toolchain brings the embedded standard
# library for a bare aarch64 target, and the kernels need no other. It does not run them.
#   - the loops of both register tiles are 24 multiply-adds on vectors of four, with nothing spilled and nothing called;
#   - binary16 is widened by fcvtl;
#   - nothing is needed but memory and the C mathematics named below, so no lane is computed by a call.
#
#     tools/check_arm64_kernels.sh

set -eu

cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swiftc -parse-as-library -module-name AttnKernels -enable-experimental-feature Embedded -target aarch64-none-none-elf \
    -swift-version 6 -wmo -Ounchecked -I Sources/CAttnKernels/include -emit-object -o "$folder/kernels.o" \
    Sources/AttnKernels/*.swift
# Beside the compiler, or else wherever the system has them.
PATH="$(dirname "$(readlink -f "$(command -v swiftc)")"):$PATH"
llvm-objdump --disassemble --no-show-raw-insn "$folder/kernels.o" > "$folder/kernels.s"

fail() {
    echo "arm64 kernels: $1" >&2
    exit 1
}

for tile in multiplyTile rescaleAndAddTile; do
    # The instructions of the register tile from the first multiply-add to the branch back.
    awk -v tile="$tile" '/>:$/ { inside = index($0, tile) } inside && /fmla/ { loop = 1 } inside && loop { print }
        inside && loop && /b\.ne/ { exit }' "$folder/kernels.s" > "$folder/loop.s"
    sums=$(grep 'fmla' "$folder/loop.s" | grep -c '\.4s' || true)
    [ "$sums" -eq 24 ] || fail "$tile has $sums multiply-adds of four lanes in its loop, not 24"
    if grep -E 'str|stp|\bbl\b|\[sp' "$folder/loop.s"; then fail "$tile stores or calls in its loop"; fi
done
grep -q 'fcvtl' "$folder/kernels.s" || fail "binary16 is not widened by fcvtl"

# The stack guard and the two of the heap are the embedded library's.
allowed='^(exp|log|log1p|memcpy|memmove|memset|__stack_chk_fail|__stack_chk_guard|free|posix_memalign)$'
calls=$(llvm-nm --undefined-only --just-symbol-name "$folder/kernels.o" | grep -Ev "$allowed" || true)
[ -z "$calls" ] || fail "they need symbols they should not: $calls"
echo "arm64 kernels: compiled; register tiles of 24 multiply-adds a round, nothing spilled; fcvtl; calls of exp and log only"
