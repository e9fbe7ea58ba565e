# `make` lists the targets. `make check` is what continuous integration runs (.ci/run).
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# The concurrency suites, run a second time under the race detector (DEC-19). Only these: it is
# 35 times slower on SQLite. Each may reduce its counts there.
RACE_PKGS := internal/clock internal/delivery internal/engine
RACE := $(patsubst %/,./%,$(sort $(dir $(wildcard $(addsuffix /*_test.go,$(RACE_PKGS))))))

# On a build server nothing comes from the cache and the order of tests is drawn anew.
TEST_FLAGS := -timeout=30m $(if $(CI),-count=1 -shuffle=on)

LINT := go tool -modfile=tools/go.mod golangci-lint

# Sizes: a fuzz target's time, the model test's histories, the crash test's kills per database, the soak and its leads a second.
FUZZTIME ?= 20s
N ?= 1000000
KILLS ?= 200
SOAK ?= 1h
RATE ?= 200

help: ## lists the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

build: ## builds bin/tactus, a static binary
	CGO_ENABLED=0 go build -trimpath -ldflags='-s -w' -o bin/tactus ./cmd/tactus

test: bring ## installs what the tests need, then runs vet, all tests, and the concurrency suites under the race detector
	@go build -o bin/testsum ./scripts/testsum
	@{ status=0; \
	  go vet ./... || status=1; \
	  go test -json $(TEST_FLAGS) ./... || status=1; \
	  $(if $(RACE),go test -json -race $(TEST_FLAGS) $(RACE) || status=1;) \
	  exit $$status; } | bin/testsum

check: test lint verify ## all that must hold before a change lands: test (arch included), lint and format, generated files

bring:
	@scripts/bring

arch: ## the arrows between packages, alone (part of test)
	@go test -count=1 ./internal/arch

lint: ## golangci-lint, formatting included
	@$(LINT) run

fmt: ## formats the code
	@$(LINT) fmt

generate: ## rewrites generated files: the references in docs
	@go generate ./...

verify: ## fails when generated files or go.mod are out of date
	@scripts/verify

acceptance: ## holds Tactus against the cases that others wrote (TACTUS_ACCEPTANCE: another file of cases)
	@scripts/long TestAcceptance 10m

model: ## the model test at length: make model N=1000000
	@TACTUS_MODEL_N=$(N) scripts/long TestModel 12h

crash: bring ## the crash test: make crash KILLS=200
	@TACTUS_CRASH_KILLS=$(KILLS) scripts/long TestCrash 3h

fair: bring ## one account's 100,000 due enrollments while another's lead arrives
	@scripts/long TestFair 1h

soak: bring ## the soak test: make soak SOAK=1h RATE=200 (leads a second at most)
	@TACTUS_SOAK=$(SOAK) TACTUS_SOAK_RATE=$(RATE) scripts/long TestSoak 25h

fuzz: ## every fuzz target for a short while: make fuzz FUZZTIME=20s
	@scripts/fuzz $(FUZZTIME)

cover: bring ## coverage of all tests together, in coverage.out
	@go test -coverpkg=./client/...,./cmd/...,./internal/... -coverprofile=coverage.out ./...
	@go tool cover -func=coverage.out | tail -n 1

licences: ## the licence of every module in the binary
	@scripts/licences

vuln: ## known holes in what the binary calls (needs the vulnerability database)
	@go run golang.org/x/vuln/cmd/govulncheck@v1.1.4 ./...

clean: ## removes what was built
	@rm -rf bin coverage.out

.PHONY: help build test check bring arch lint fmt generate verify acceptance model crash fair soak fuzz cover licences vuln clean
