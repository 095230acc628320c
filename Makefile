# `make` or `make help` lists the targets. Everything that needs a package or a toolchain asks tools/setup for it first.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

SOURCES := Package.swift Sources Tests
FORMAT := --recursive --parallel --configuration .swift-format
# A tree of its own, since a static build shares nothing with the others.
STATIC_BUILD := .build-static
# A program that nobody loads has nothing to export; what is not exported and not called is left out (0.4 MB).
STATIC_FLAGS := --static-swift-stdlib -Xswiftc -use-ld=lld -Xlinker --no-export-dynamic -Xlinker --icf=safe
# Where only the archive of libstdc++ is, and so is found before the shared library, of which little is used: 1 MB less memory.
STATIC_LIBRARIES := $(CURDIR)/$(STATIC_BUILD)/libraries
STATIC_FLAGS += -Xswiftc -L$(STATIC_LIBRARIES)
# Relocations packed, which glibc can read since 2.36: 0.6 MB less on disk and in memory.
STATIC_FLAGS += $(shell printf '%s\n' 2.36 "$$(getconf GNU_LIBC_VERSION | cut -d ' ' -f 2)" | sort -VC \
	&& echo -Xlinker -z -Xlinker pack-relative-relocs)

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## Install what is missing: mosquitto, and the development files of mosquitto and SQLite
	@tools/setup

.PHONY: build
build: setup ## Build everything for debugging
	swift build

.PHONY: release
release: setup ## Build everything for use, into .build/release, and check what the kernels call
	swift build -c release
	@tools/check_kernel_symbols.sh .build/release

.PHONY: test
test: setup lint check-arm64 ## Check the format, build without warnings, run all tests: what CI runs
	@tools/build_without_warnings.sh --build-tests
	swift test --skip-build --disable-xctest
	.build/debug/attn-chaos strike --minutes $(MINUTES_IN_TEST)

# A minute of it. INPUTS=1000000 a decoder for long; DECODERS="json task" for some.
.PHONY: fuzz
fuzz: setup ## Throw mutated inputs at every decoder: INPUTS=20000 each, SEED=1, DECODERS=...
	@INPUTS=$(or $(INPUTS),20000) SEED=$(or $(SEED),1) tools/fuzz.sh $(DECODERS)

.PHONY: test-sanitize
test-sanitize: setup ## Run the unit tests under the thread sanitizer and the address sanitizer
	@tools/test_sanitized.sh thread
	@tools/test_sanitized.sh address

.PHONY: demo
demo: setup ## Watch sensors being read by a fleet of this machine that grows and loses a worker
	swift build -c release
	@.build/release/attn demo

.PHONY: bench
bench: setup ## Measure small jobs against the bare broker's round trip
	swift build -c release
	@.build/release/attn bench

.PHONY: check-arm64
check-arm64: setup ## Compile the kernels for arm64 and look at the code, on any machine
	@tools/check_arm64_kernels.sh

# A Python that has what is compared with: PYTHON, or else an environment of its own, made once.
export PYTHON ?= python3

.PHONY: bench-kernels
bench-kernels: setup ## Compare the kernels with PyTorch on one core, into out/bench-kernels.json
	swift build -c release --product attn
	@mkdir -p out
	@python=$$(tools/bench_python torch numpy); \
	$$python tools/bench_kernels.py .build/release/attn --json out/bench-kernels.json $(BENCH_OPTIONS)

.PHONY: bench-models
bench-models: setup ## Compare MiniLM with PyTorch and onnxruntime on one core, into out/bench-models.json
	swift build -c release --product attn
	@mkdir -p out
	@tools/install_minilm
	@python=$$(tools/bench_python torch transformers onnx onnxruntime numpy); \
	$$python tools/bench_models.py --model models/all-MiniLM-L6-v2 --json out/bench-models.json $(BENCH_OPTIONS)

.PHONY: bench-inference
bench-inference: setup ## Measure models on fleets: requests a second, strategies, ten thousand sensors
	swift build -c release
	@tools/install_minilm
	@for tokens in 16 128 512; do \
		.build/release/attn bench requests --model models/all-MiniLM-L6-v2 --tokens $$tokens; \
	done
	@.build/release/attn bench strategies --model models/all-MiniLM-L6-v2 --runs 9
	@.build/release/attn bench sensors

# With its sweep of 200 about an hour: BENCH_OPTIONS="--sweep 20", or "--parts latency rate --rounds 5".
.PHONY: bench-fleet
bench-fleet: setup ## Hold fleets against their goals and against one in Python, into out/bench-fleet.json
	swift build -c release
	@python=$$(tools/bench_python torch numpy safetensors paho-mqtt); \
	$$python Benchmarks/bench_fleet.py --json out/bench-fleet.json $(BENCH_OPTIONS)

.PHONY: bench-triggers
bench-triggers: setup ## Measure how many readings of how many sensors a second one core takes
	swift build -c release --product attn-bench-triggers
	@.build/release/attn-bench-triggers

# SEED=n repeats what was drawn; the machine's own timing is no part of it.
MINUTES ?= 5
MINUTES_IN_TEST ?= 1
CHAOS_OPTIONS ?=

.PHONY: chaos
chaos: setup ## Break a real fleet for MINUTES=5 while it works, and count what was lost
	swift build -c release
	@.build/release/attn-chaos strike --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(CHAOS_OPTIONS)

.PHONY: overload
overload: setup ## Push ten times what a fleet can do for MINUTES=5, and see what the dispatcher's memory does
	swift build -c release
	@.build/release/attn-chaos overload --minutes $(MINUTES) $(CHAOS_OPTIONS)

SEEDS ?= 10000

.PHONY: simulate
simulate: setup ## Run SEEDS=10000 simulated fleets with faults, and check every invariant
	swift build -c release --product attn
	@.build/release/attn simulate --seeds $(SEEDS) $(if $(SEED),--seed $(SEED)) $(SIMULATE_OPTIONS)

.PHONY: lint
lint: setup ## Check the format
	@swift format lint --strict $(FORMAT) $(SOURCES)

.PHONY: format
format: setup ## Mend the format
	@swift format --in-place $(FORMAT) $(SOURCES)

.PHONY: worker-static
worker-static: setup ## Build attn-worker with Swift linked in and stripped, into out/, and print its size
	@mkdir -p out $(STATIC_LIBRARIES)
	@clang=$$(dirname "$$(readlink -f "$$(command -v swift)")")/clang; \
		ln -sf "$$("$$clang" -print-file-name=libstdc++.a)" $(STATIC_LIBRARIES)/
	swift build -c release --product attn-worker --scratch-path $(STATIC_BUILD) $(STATIC_FLAGS)
	@strip -o out/attn-worker $(STATIC_BUILD)/release/attn-worker
	@printf 'out/attn-worker: %s bytes\n' "$$(stat -c %s out/attn-worker)"

.PHONY: clean
clean: ## Remove all that was built
	rm -rf .build $(STATIC_BUILD) out
