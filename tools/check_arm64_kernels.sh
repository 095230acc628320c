#!/bin/sh
# Compiles the kernels for arm64 and looks at what came out, on any machine: the toolchain brings the embedded standard
# library for a bare aarch64 target, and the kernels need no other. It does not run them.
#   - multiplyTile's loop is 24 multiply-adds on vectors of four, with nothing spilled and nothing called in it;
#   - binary16 is widened by fcvtl.
#
#     tools/check_arm64_kernels.sh

set -eu

cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
swiftc -parse-as-library -module-name AttnKernels -enable-experimental-feature Embedded -target aarch64-none-none-elf \
    -swift-version 6 -wmo -Ounchecked -I Sources/CAttnKernels/include -emit-object -o "$folder/kernels.o" \
    Sources/AttnKernels/*.swift
objdump=$(dirname "$(readlink -f "$(command -v swiftc)")")/llvm-objdump
[ -x "$objdump" ] || objdump=llvm-objdump
"$objdump" --disassemble --no-show-raw-insn "$folder/kernels.o" > "$folder/kernels.s"

fail() {
    echo "arm64 kernels: $1" >&2
    exit 1
}

# The instructions of the register tile from the first multiply-add to the branch back.
awk '/>:$/ { inside = /multiplyTile/ } inside && /fmla/ { loop = 1 } inside && loop { print } inside && loop && /b\.ne/ { exit }' \
    "$folder/kernels.s" > "$folder/loop.s"
sums=$(grep 'fmla' "$folder/loop.s" | grep -c '\.4s' || true)
[ "$sums" -eq 24 ] || fail "the register tile has $sums multiply-adds of four lanes in its loop, not 24"
if grep -E 'str|stp|\bbl\b|\[sp' "$folder/loop.s"; then fail "the register tile stores or calls in its loop"; fi
grep -q 'fcvtl' "$folder/kernels.s" || fail "binary16 is not widened by fcvtl"
echo "arm64 kernels: compiled; 24 multiply-adds a round, nothing spilled, fcvtl"
