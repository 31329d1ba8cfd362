# What people run. `make` alone lists it.

SHELL := /usr/bin/env bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
export PATH := $(CURDIR)/target/tools/node/node_modules/.bin:$(PATH):$(or $(CARGO_HOME),$(HOME)/.cargo)/bin

.PHONY: help run demo web test doctest test-web bench bench-server bench-web deb check-deb lint fmt clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):[^#]*## \(.*\)/make \1 \2/p' Makefile | while read -r make name what; do \
	    printf '%s %-12s %s\n' "$$make" "$$name" "$$what"; done

run: ## build OurPhoto and run its server, with its library in data/server
	@scripts/setup build web
	@$(MAKE) --no-print-directory web
	@cargo build --release --locked -p ourphoto
	@mkdir -p data
	@OURPHOTO_DATA=$${OURPHOTO_DATA:-$(CURDIR)/data/server} exec $(or $(CARGO_TARGET_DIR),target)/release/ourphoto serve

# Into web/build, which the server takes in when it is built; only when something of it changed.
web: ## build the web app
	@scripts/setup web
	@scripts/web

demo: ## show everything that is done on the server's machine, on sample photos
	@scripts/setup build
	@cargo build --release --locked -p ourphoto -p ourphoto-testkit
	@scripts/demo

test: ## run every test, on SQLite and PostgreSQL
	@scripts/setup test
	@scripts/web
	@$(MAKE) --no-print-directory doctest
	@skipped=$$(mktemp); trap 'rm -f "$$skipped"' EXIT; \
	    OURPHOTO_SKIPPED=$$skipped scripts/with-postgres cargo nextest run --workspace --locked; \
	    scripts/skipped "$$skipped"

test-web: ## test the web app alone, and in Chromium against the server
	@scripts/setup test
	@scripts/web
	@cd web && npm run --silent test
# The programs that the other tests use, and what makes photos: built the same way, they are built once.
	@cargo nextest run --workspace --locked --no-run
	@cd web && OURPHOTO_BIN=$(abspath $(or $(CARGO_TARGET_DIR),target))/debug/ourphoto npm run --silent test:e2e

# Building the documentation's examples takes a second pass over the crates, so only where there is one: a fence in a
# doc comment that opens as Rust does (plain, or marked as Rust).
doctest:
	@if find crates -name '*.rs' -exec awk ' \
	    FNR == 1 { inside = 0 } \
	    /^ *\/\/[\/!] ```/ { if (!inside && $$2 ~ /^```(rust|no_run|should_panic|compile_fail)?$$/) found = 1; inside = !inside } \
	    END { exit !found }' {} +; then cargo test --quiet --workspace --locked --doc; fi

bench: ## measure OurPhoto beside cp, restic and vips (ARGS=--quick for a smoke run)
	@scripts/setup bench
	@cargo build --release --locked -p ourphoto -p ourphoto-testkit
	@if [ -f crates/media/examples/renditions.rs ]; then \
	    cargo build --release --locked -p ourphoto-media --example renditions; fi
	@benches/run $(ARGS)

bench-server: ## measure the server beside rclone and nginx
	@scripts/setup bench-server
	@cargo build --release --locked -p ourphoto -p ourphoto-testkit
	@cargo build --release --locked -p ourphoto-library --example fill
	@benches/server $(ARGS)

bench-web: ## measure the web app: first load, and scrolling through 100,000 photos
	@scripts/setup test
	@scripts/web
	@cd web && npm run --silent budget && npm run --silent bench

deb: ## build a Debian package, into target/debian
	@scripts/setup build web deb
	@scripts/web
	@cargo deb --locked --strip -p ourphoto

check-deb: ## package the program that the tests use, and look at what is in the package
	@scripts/setup build web deb
	@scripts/web
	@cargo build --locked -p ourphoto
	@scripts/check-deb

lint: ## check formatting and lints
	@scripts/setup build
	@cargo fmt --all --check
	@cargo clippy --workspace --all-targets --locked -- -D warnings

fmt: ## format the code
	@cargo fmt --all

clean: ## remove what was built and the demo's folder
	@cargo clean
	@rm -rf data/demo
