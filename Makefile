# Every task of the workshop. make help lists them; continuous integration runs
# make lint and make test.

export GOFLAGS := -mod=readonly

# What a release is stamped with; appeal version prints it.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null)
COMMIT  ?= $(shell git rev-parse HEAD 2>/dev/null)
IMAGE   ?= appeal

# The one way a binary is built, here and in the Dockerfile: static, and byte
# for byte the same from the same source.
build = CGO_ENABLED=0 go build -trimpath -buildvcs=false \
	-ldflags '-s -w -buildid= -X main.release=$(VERSION) -X main.commit=$(COMMIT)' -o $(1) ./cmd/appeal

.DEFAULT_GOAL := help

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Run the whole product on this machine, with no accounts; ARGS="--sample 200" fills it
	go run ./cmd/appeal demo $(ARGS)

.PHONY: dev
dev: ## The same, built and started anew when a source file changes
	.ci/dev $(ARGS)

.PHONY: test
test: ## Run every test, on SQLite and PostgreSQL, with the race detector where goroutines meet; installs what it needs where it may
	.ci/test

.PHONY: test-long
test-long: ## Run the tests with the long suites in full
	TEST_LONG=1 .ci/test -timeout 60m

.PHONY: bench
bench: ## Measure, beside what others do on the same machine
	go run -C bench . $(ARGS)

.PHONY: cover
cover: ## Run the product's tests and write .cache/cover.html
	.ci/provision
	mkdir -p .cache
	go run ./internal/pgtest/with go test -coverpkg=./... -coverprofile=.cache/cover.out ./...
	go tool cover -html=.cache/cover.out -o .cache/cover.html
	go tool cover -func=.cache/cover.out | tail -n 1

.PHONY: golden
golden: ## Write what the golden files should hold anew; read the difference before you commit it
	go run ./internal/pgtest/with go test -count=1 $$(grep -rl --include='*_test.go' 'flag.Bool("update"' . | xargs -n 1 dirname | sort -u) -update

FUZZTIME ?= 1m
.PHONY: fuzz
fuzz: ## Fuzz every target for FUZZTIME (1m) each
	@grep -ro --include='*_test.go' '^func Fuzz[A-Za-z0-9_]*' . | sort | while IFS=: read -r file target; do \
		set -x; go test -run '^$$' -fuzz "^$${target#func }\$$" -fuzztime $(FUZZTIME) "$$(dirname "$$file")" || exit; \
	done

.PHONY: lint
lint: ## Check the code, its format, the floors of the house, and every go.mod
	.ci/lint

.PHONY: fmt
fmt: ## Format the code as lint wants it
	$$(.ci/tool golangci-lint) fmt

.PHONY: vuln
vuln: ## Ask Go's vulnerability database about what the binary reaches
	$$(.ci/tool govulncheck) ./...

.PHONY: build
build: ## Build the static binary, dist/appeal
	$(call build,dist/appeal)

.PHONY: image
image: ## Build the container image; IMAGE and VERSION name it
	docker build --build-arg VERSION=$(VERSION) --build-arg COMMIT=$(COMMIT) -t $(IMAGE):$(or $(VERSION),dev) .

SCREENS ?= $(CURDIR)/docs/screens
.PHONY: screens
screens: ## Take a picture of every page in every state into SCREENS (docs/screens), to be looked at
	go test -C internal/browser -count=1 -timeout 30m -run TestScreens . -args -screens $(SCREENS) -sample 300

.PHONY: lighthouse
lighthouse: ## Measure the pages as a phone on a slow line meets them: medians of five runs, on an otherwise quiet machine
	.ci/provision
	go test -C internal/browser -count=1 -timeout 30m -v -run TestLighthouse . -args -lighthouse

.PHONY: spreadsheets
spreadsheets: ## Open every export in LibreOffice: sums must hold, and no text be a formula; installs it (400 MB) where it may
	.ci/provision spreadsheets
	go test -count=1 -v -run TestLibreOffice ./internal/export -args -spreadsheets

.PHONY: confined
confined: ## Show that the binary is static, reproducible, and runs as nobody on a read-only root
	.ci/confined
