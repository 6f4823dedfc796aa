# The commands of this house. `make` alone lists them.

BIN  := $(CURDIR)/.bin
AYNI := $(BIN)/ayni

GOLANGCI_LINT_VERSION := v2.15.0
GOLANGCI_LINT         := $(BIN)/golangci-lint-$(GOLANGCI_LINT_VERSION)

# The race detector needs a C compiler; a machine without one still runs every test.
RACE = $(shell command -v "$$(go env CC)" >/dev/null 2>&1 && echo -race)

# Rooms that are pure, and so cannot race, are tested without the detector: they search much further then. So are those
# that read and replay exports thousands of times: what is concurrent in them, their neighbours try with the detector.
PURE       := ./fx/... ./netting/... ./messaging/iso20022/... ./testdata ./settlement/decide \
              $(addprefix ./adapters/pool/,act board book charter/... credit decide/... diary rotation verify) \
              ./ops/audit ./settlement/audit ./settlement/audit/journal
# These run whole programs as users do: what races in those, the rooms that they are made of show. They wait for each
# other's processes more than they work, so that several go at once.
PROGRAMS   := ./adapters/rails ./adapters/adaptertest ./adapters/examples/... ./cmd/... ./ops/docs
# The suites with a browser, or that kill what they run, have the machine for themselves.
CRASH      := ./ops/crash
PAGES      := ./adapters/pool/web/... ./ops/auth/people ./ops/console
CONCURRENT := $(filter-out $(shell go list $(PURE) $(PROGRAMS) $(CRASH) $(PAGES) 2>/dev/null),$(shell go list ./adapters/... ./cmd/... ./messaging/... ./ops/... ./settlement/... 2>/dev/null))

FUZZTIME ?= 10s
ARGS     ?=

.PHONY: help install build release run demo test lint fmt fuzz clean

help: ## list the commands
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

install: ## install what is missing on this machine (PostgreSQL)
	@ops/install.sh

build: ## build the program into .bin
	@mkdir -p $(BIN)
	@go build -o $(AYNI) ./cmd/ayni

# What is released runs on any Linux or macOS without a library, and is the same to the byte whoever builds it with the
# same Go: no C, no paths, no time, and the version from the tag.
RELEASE   ?= $(BIN)/release
PLATFORMS ?= linux/amd64 linux/arm64 darwin/amd64 darwin/arm64
VERSION   ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

release: ## build what is released for each platform into .bin/release, with its modules and SHA256SUMS
	@mkdir -p $(RELEASE)
	@set -e; for platform in $(PLATFORMS); do \
		name=ayni-$${platform%/*}-$${platform#*/}; echo "$$name $(VERSION)"; \
		CGO_ENABLED=0 GOOS=$${platform%/*} GOARCH=$${platform#*/} go build -trimpath -buildvcs=false \
			-ldflags '-s -w -buildid= -X main.version=$(VERSION)' -o $(RELEASE)/$$name ./cmd/ayni; \
		go version -m $(RELEASE)/$$name | sed "1s|.*|$$name $(VERSION) $$(go env GOVERSION)|" >$(RELEASE)/$$name.modules; \
	done; \
	cd $(RELEASE) && if command -v sha256sum >/dev/null; then sha256sum ayni-*; else shasum -a 256 ayni-*; fi >SHA256SUMS

run: install build ## run the switch with its sandboxes until Ctrl-C; ARGS="--data DIR" for another folder
	@exec $(AYNI) dev $(ARGS)

demo: install build ## clear one day of remittances and exit; the figures are left in .bin/demo.json
	@exec $(AYNI) demo --json $(BIN)/demo.json $(ARGS)

test: install ## run every test, with private servers on free ports
	go test -timeout 10m $(PURE)
	@case "$$(go env GOHOSTOS)/$$(go env GOHOSTARCH)" in \
	linux/amd64) echo 'go test of frozen exports as a program of 32 bits'; GOARCH=386 go test -timeout 5m -run FrozenExports ./settlement/audit/verify ;; \
	*) echo 'SKIPPED: frozen exports as a program of 32 bits: this machine runs none' ;; \
	esac
	go test $(RACE) -timeout 12m $(CONCURRENT)
	go test -p 3 -timeout 15m $(PROGRAMS)
	go test -p 1 $(RACE) -timeout 12m $(PAGES)
	go test -timeout 20m $(CRASH)

lint: $(GOLANGCI_LINT) ## check style and the import rules
	$(GOLANGCI_LINT) run ./... ./testdata

fmt: $(GOLANGCI_LINT) ## format the code
	$(GOLANGCI_LINT) fmt ./...

# Built under a name that holds its version, so that a new pin builds a new one, and outside go.mod, so
# that the linter's dependencies are not ours.
$(GOLANGCI_LINT):
	@echo "building golangci-lint $(GOLANGCI_LINT_VERSION) into .bin"
	@mkdir -p $(BIN)
	@GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI_LINT_VERSION)
	@mv $(BIN)/golangci-lint $@

fuzz: install ## fuzz every parser for FUZZTIME each
	@set -e; for package in $$(go list ./...); do \
		for target in $$(go test -list '^Fuzz' $$package | grep '^Fuzz' || true); do \
			echo "$$package $$target"; \
			go test -run '^$$' -fuzz "^$$target\$$" -fuzztime $(FUZZTIME) $$package; \
		done; \
	done

clean: ## remove what was built here (never a data folder)
	rm -rf $(BIN)
