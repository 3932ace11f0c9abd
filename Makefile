# Every target works on a clean clone. `make test` is all tests, set-up included.
GO      ?= go
BIN     := bin/plimsoll
FAST    := $$($(GO) list ./... | grep -v '^plimsoll/e2e$$')
# Packages with tests that are cut short under the race detector.
CUT     := $$($(GO) list -f '{{range .TestImports}}{{.}} {{end}}{{range .XTestImports}}{{.}} {{end}}: {{.ImportPath}}' ./... | sed -n 's/.*plimsoll.detector .*: //p')

.PHONY: build test parts vet fast e2e bench bench-search clean

build:
	CGO_ENABLED=0 $(GO) build -trimpath -o $(BIN) ./cmd/plimsoll

test: parts vet fast e2e

parts:
	./scripts/parts.sh

vet:
	@unformatted=$$(gofmt -l $$(git ls-files -co --exclude-standard '*.go')); test -z "$$unformatted" || { echo "gofmt: $$unformatted"; exit 1; }
	$(GO) vet ./...

# Everything but end-to-end, under the race detector; then what is too long for it, without. A detector's second of
# waiting at each exit is left out; collecting garbage less often costs memory only.
fast: export GOGC = 400
fast:
	PLIMSOLL_PARTS=$$(./scripts/parts.sh where) PLIMSOLL_PROMETHEUS=$$(command -v prometheus) GORACE=atexit_sleep_ms=0 CGO_ENABLED=1 $(GO) test -race $(FAST)
	CGO_ENABLED=0 $(GO) test $(CUT)

# End-to-end runs alone and never under the race detector: a slow client voids a run.
e2e: build
	PLIMSOLL_E2E=1 PLIMSOLL_BIN=$(CURDIR)/$(BIN) PLIMSOLL_PARTS=$$(./scripts/parts.sh where) CGO_ENABLED=0 $(GO) test -count=1 -p 1 -timeout 900s -v ./e2e

bench:
	$(GO) test -run '^$$' -bench . -benchmem $(FAST)

bench-search:
	$(GO) run ./search/bench

clean:
	rm -rf bin
