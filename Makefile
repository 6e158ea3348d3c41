# Portside's commands; `make help` lists them. Each installs what it needs and is missing (scripts/setup.sh).
#
# Tools and build caches live outside the checkout, so that a fresh clone is warm; PORTSIDE_CACHE names another place.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.NOTPARALLEL:
.ONESHELL:
.DEFAULT_GOAL := help

PORT ?= 8080
export PORTSIDE_CACHE ?= $(HOME)/.cache/portside
NATIVE_TARGET := $(PORTSIDE_CACHE)/target/native

# Incremental data is of no use to a clone that is thrown away.
ifdef CI
export CARGO_INCREMENTAL := 0
endif

native := CARGO_TARGET_DIR="$(NATIVE_TARGET)"
wasm := . "$(PORTSIDE_CACHE)/env.sh"; export PATH="$(CURDIR)/node_modules/.bin:$$PATH";
step = @printf '\n== %s\n' "$(1)"

.PHONY: help serve dist test test-core test-ui test-web test-dist test-e2e test-embed lint shots poster first bench bench-browser fuzz clean

help: ## list these commands
	@grep -E '^[a-z0-9-]+:.*## ' Makefile | sed -E 's/^([a-z0-9-]+):.*## (.*)/  make \1\t\2/' | expand -t 18
	@echo "  PORT=8080 for serve; PORTSIDE_CACHE=DIR for tools and build caches"

serve: dist ## build the release and serve it at http://127.0.0.1:8080/ (PORT= changes it)
	@PORT="$(PORT)" node scripts/serve.mjs

dist: ## build the release into dist/, an npm package in npm/ and a zip for any host
	@scripts/setup.sh npm wasm tools
	$(call step,build: release into dist/)
	$(wasm) trunk build --release
	$(call step,build: the command for Node)
	$(wasm) cargo build --locked --profile web --target wasm32-unknown-unknown --bin portside
	wasm-bindgen --target nodejs --no-typescript --remove-name-section --remove-producers-section --out-name command --out-dir command \
	  "$$CARGO_TARGET_DIR/wasm32-unknown-unknown/web/portside.wasm"
	node scripts/package.mjs
	node scripts/zip.mjs

test: ## run every test: native, in a headless browser, end to end
	@scripts/setup.sh
	@$(MAKE) --no-print-directory test-core test-ui test-web test-dist test-e2e test-embed

test-core: ## the core's tests, without any browser crate
	$(call step,test: core)
	$(native) cargo test --locked --no-default-features

test-ui: ## the components' tests, natively
	$(call step,test: components, natively)
	$(native) cargo test --locked --features testing

test-web: ## the components' tests in headless Chromium
	@scripts/setup.sh wasm tools browser
	$(call step,test: in headless Chromium)
	$(wasm) export CHROMEDRIVER="$$(command -v "$${CHROMEDRIVER:-chromedriver}")"
	export CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER=wasm-bindgen-test-runner
	export WASM_BINDGEN_TEST_WEBDRIVER_JSON=tests/web/webdriver.json
	export WASM_BINDGEN_TEST_TIMEOUT=180 WASM_BINDGEN_TEST_DRIVER_TIMEOUT=60
	cargo test --locked --target wasm32-unknown-unknown --features testing --test web

test-dist: dist ## the built page's addresses and size
	$(call step,test: dist)
	node scripts/check-dist.mjs

test-e2e: ## end to end, against dist/
	@scripts/setup.sh npm browser
	$(call step,test: end to end)
	node --test $$(find tests/e2e -name "*.test.mjs" | sort)

test-embed: dist ## example sites of documentation tools, and nginx, against dist/
	@scripts/setup.sh npm browser docs-tools
	$(call step,test: documentation tools)
	node --test tests/embed/*.test.mjs

lint: ## formatting and lints, Rust and JavaScript
	@scripts/setup.sh rust
	$(call step,lint: format)
	cargo fmt --check
	$(call step,lint: core)
	$(native) cargo clippy --locked --all-targets --no-default-features -- -D warnings
	$(call step,lint: everything)
	$(native) cargo clippy --locked --all-targets --all-features -- -D warnings
	$(call step,lint: scripts)
	for file in $$(git ls-files -co --exclude-standard -- '*.mjs' '*.js'); do node --check "$$file"; done
	for file in $$(git ls-files -co --exclude-standard -- '*.sh' .ci/run); do bash -n "$$file"; done

shots: dist ## pictures of ten states at three sizes, light and dark, into screenshots/
	@scripts/setup.sh npm browser
	node scripts/screenshots.mjs

poster: dist ## the picture of the page that paints before the simulator has come
	@scripts/setup.sh npm browser
	node scripts/poster.mjs

first: dist ## the list of what the simulator's first module holds (www/first.txt); build again afterwards
	@scripts/setup.sh npm browser
	node scripts/first.mjs

bench: ## benchmarks: native, in the browser, and against the peer on one page (about 20 minutes)
	@scripts/setup.sh
	$(call step,bench: native)
	$(native) cargo bench --locked --no-default-features
	$(MAKE) --no-print-directory bench-browser

bench-browser: ## the same work in the browser, and the peer beside it
	@scripts/setup.sh npm wasm tools browser
	npm ci --prefix benches/browser --ignore-scripts --no-audit --no-fund --loglevel=error
	$(call step,bench: the browser's build)
	$(wasm) cargo build --locked --profile web --target wasm32-unknown-unknown --example bench-subject
	node benches/browser/build.mjs "$$CARGO_TARGET_DIR/wasm32-unknown-unknown/web/examples/bench_subject.wasm"
	$(call step,bench: in the browser)
	node benches/browser/work.mjs "$(NATIVE_TARGET)/criterion"
	$(call step,bench: the page)
	$(MAKE) --no-print-directory dist
	node benches/browser/page.mjs
	node benches/browser/embed.mjs
	$(call step,bench: against the peer)
	node benches/browser/peer.mjs

FUZZ_SECONDS ?= 60
fuzz: ## feed the readers of manifests and of links odd text, a minute each (FUZZ_SECONDS= changes it)
	@command -v cargo-fuzz >/dev/null || cargo install --locked cargo-fuzz
	$(call step,fuzz: the readers of manifests and of links for $(FUZZ_SECONDS) seconds each)
	for target in manifest link; do RUSTC_BOOTSTRAP=1 cargo fuzz run --sanitizer none "$$target" -- -max_total_time=$(FUZZ_SECONDS); done

clean: ## remove what was built, here and in the cache; installed tools stay
	rm -rf dist command npm portside-*.zip target www/fonts www/vendor node_modules "$(PORTSIDE_CACHE)/target"
