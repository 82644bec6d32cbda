# Everything that a developer or CI does. `make help` lists it.
#
# Builds and caches live outside of the checkout, in $(BUILD), so that a fresh clone is warm after the first
# time and `git clean` costs nothing.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

PYTHON ?= python3
BUILD ?= $(HOME)/.cache/locust-telemetry
OLDEST_LOCUST := 2.37.0
OLDEST_OPENTELEMETRY := 1.27.0
PEER := locust-telemetry==2.1.2

export CARGO_TARGET_DIR ?= $(BUILD)/target
export PIP_DISABLE_PIP_VERSION_CHECK := 1

# What the wheel is built from, and what says that it was.
SOURCES := Cargo.toml Cargo.lock pyproject.toml $(wildcard web/dist/*) $(shell find crates python -type f \
	\( -name '*.rs' -o -name '*.py' -o -name '*.pyi' -o -name '*.toml' -o -name '*.sql' -o -name py.typed \) -not -path '*/tests/*')
WHEEL := .venv/wheel.stamp
TARGET_BINARY := $(CARGO_TARGET_DIR)/release/demo-target

.PHONY: help
help: ## List what can be made
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: setup
setup: $(WHEEL) ## Install everything into .venv, with a release build (safe to repeat)

.venv/tools.stamp: requirements-dev.txt
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install -q -r requirements-dev.txt
	touch $@

$(WHEEL): .venv/tools.stamp $(SOURCES)
	rm -rf .venv/wheels
	.venv/bin/maturin build --release --locked --quiet --out .venv/wheels
	.venv/bin/python -m pip install -q --force-reinstall --no-deps .venv/wheels/*.whl
	.venv/bin/python -m pip install -q .venv/wheels/*.whl
	touch $@

# The same wheel with the oldest Locust and the oldest OpenTelemetry API that are supported.
.venv-oldest/wheel.stamp: $(WHEEL)
	test -x .venv-oldest/bin/python || $(PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python -m pip install -q 'locust==$(OLDEST_LOCUST)' requests \
		'opentelemetry-api==$(OLDEST_OPENTELEMETRY)'
	.venv-oldest/bin/python -m pip install -q --force-reinstall --no-deps .venv/wheels/*.whl
	.venv-oldest/bin/python -m pip install -q .venv/wheels/*.whl
	touch $@

# What `make bench` compares with, in an environment of its own.
.venv-peer/peer.stamp:
	$(PYTHON) -m venv .venv-peer
	.venv-peer/bin/python -m pip install -q '$(PEER)'
	touch $@

# A library that gives a process a wrong clock, for tests of clock offsets.
FAKETIME := $(BUILD)/faketime/usr/lib/libfaketimeMT.so.1
$(FAKETIME):
	mkdir -p $(BUILD)/faketime/usr/lib
	cd $(BUILD)/faketime && { apt-get download -qq libfaketime || { apt-get update -qq; apt-get download -qq libfaketime; }; }
	cd $(BUILD)/faketime && dpkg-deb -x libfaketime_*.deb .
	cp $$(find $(BUILD)/faketime -path '*faketime/libfaketimeMT.so.1' | head -n 1) $@

.PHONY: target
target: ## Build the HTTP server of tests and benchmarks
	cargo build --release --locked --quiet -p demo-target

.PHONY: demo
demo: setup ## Run real Locust with a master and two workers, twice for 20 s, and show what was recorded
	.venv/bin/python demo/run.py

.PHONY: test
test: lint test-rust test-python test-web ## Run every check and every test

.PHONY: test-rust
test-rust: setup
	cargo test --workspace --locked

# End-to-end tests mostly wait for real processes, so two of these run side by side; what fails keeps none of the others.
.PHONY: test-python
test-python: setup target .venv-oldest/wheel.stamp $(FAKETIME)
	$(MAKE) --no-print-directory --keep-going -j 2 --output-sync=target pytest-unit pytest-newest pytest-oldest

PYTEST = DEMO_TARGET=$(TARGET_BINARY) FAKETIME_LIBRARY=$(FAKETIME) .venv/bin/python -m pytest
.PHONY: pytest-unit pytest-newest pytest-oldest
pytest-unit:
	$(PYTEST) --ignore tests/conformance --ignore tests/end_to_end
pytest-newest:
	$(PYTEST) tests/end_to_end -k "not oldest"
pytest-oldest:
	$(PYTEST) tests/end_to_end -k oldest

# The page's tools. The built page is committed, so that building the program needs no Node.
web/node_modules/.package-lock.json: web/package.json web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	touch $@

.PHONY: web
web: web/node_modules/.package-lock.json ## Build the page into web/dist, which is committed
	cd web && npm run --silent build

.PHONY: test-web
test-web: setup web/node_modules/.package-lock.json ## Test the page: its model, and in real Chromium (Debian's package, or CHROMIUM=path)
	test -n "$(CHROMIUM)" || command -v chromium >/dev/null || { apt-get update -qq && apt-get install -y -qq chromium; }
	cd web && npm run --silent test && npm run --silent test:browser && npm run --silent test:server

include conformance/rules.mk

# Such as `--only merge --hour`.
BENCH_OPTIONS ?=
.PHONY: bench
bench: setup target .venv-peer/peer.stamp ## Compare the cost side by side with the alternatives (prints ratios)
	.venv/bin/python benches/run.py --peer-python .venv-peer/bin/python --target-binary $(TARGET_BINARY) \
		$(BENCH_OPTIONS)

.PHONY: report-size
report-size: ## Record an hour of 500 endpoints with 100,000 different errors; its report must stay below 5 MB
	cargo test --release --locked --quiet -p locust-telemetry-report --test full_size -- --ignored --nocapture

.PHONY: saturation
saturation: setup target ## Saturate a load generator on purpose; see which thresholds flag its wrong seconds (6 minutes)
	.venv/bin/python benches/saturation.py --target-binary $(TARGET_BINARY)

FUZZ_SECONDS ?= 60
.PHONY: fuzz
fuzz: ## Feed the parsers with garbage for FUZZ_SECONDS (60) each; needs a nightly compiler
	cargo fuzz --version >/dev/null 2>&1 || cargo install --quiet --locked cargo-fuzz
	for parser in parse_line clean_text decode_frame decode_gains; do \
		cargo +nightly fuzz run --target-dir $(BUILD)/fuzz $$parser -- -max_total_time=$(FUZZ_SECONDS) -max_len=4096; \
	done

.PHONY: lint
lint: setup ## Check formatting, lints, types and generated tables
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet -- -D warnings
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/python -m mypy.stubtest locust_telemetry._native --ignore-disjoint-bases
	.venv/bin/python docs/reference.py --check
	$(MAKE) --no-print-directory lint-web

.PHONY: lint-web
lint-web: web/node_modules/.package-lock.json ## Check the page: format, lints, types, and that web/dist is what the sources give
	cd web && npm run --silent check

.PHONY: format
format: .venv/tools.stamp ## Format all code
	cargo fmt --all
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix --quiet .
	if test -d web/node_modules; then cd web && npm run --silent format; fi

.PHONY: reference
reference: setup ## Regenerate the reference tables in the documentation
	.venv/bin/python docs/reference.py
