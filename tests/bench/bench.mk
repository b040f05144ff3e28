# Benchmarks: not part of `make check`, since they measure the machine as well.

CRANE := $(BUILD)/tests/bench/bin/crane
$(CRANE):
	$(say) GO 'crane'
	$(Q)mkdir -p $(@D)
	$(Q)GOBIN=$(abspath $(@D)) go install github.com/google/go-containerregistry/cmd/crane@v0.20.2

.PHONY: bench-fetch
bench-fetch: $(BUILD)/hardtack $(CRANE) ## hardtack fetch, skopeo and crane from one local registry, as ratios
	$(Q)tests/bench/fetch.py --hardtack $(BUILD)/hardtack --crane $(CRANE) --out $(BUILD)/tests/bench

# Sizes in MiB, numbers of layers (64 MiB), of images (512 MiB), turns; BUDGET in seconds bounds the whole run; BENCH_OUT gets table, JSON and plots.
# ADD=1 measures only these again, FIGURES of them, and keeps what else BENCH_OUT has.
SIZES     ?= 64,256,1024,3990
BLOBS     ?= 10,100,1000,10000
IMAGES    ?= 2
TURNS     ?= 5
BUDGET    ?= 5400
BENCH_OUT ?= docs/bench
FIGURES   ?= build,verify,load,install
ADD       ?=
.PHONY: bench
bench: $(BUILD)/hardtack ## hardtack against docker, makeself, zstd, openssl: SIZES= BLOBS= IMAGES= FIGURES= ADD= TURNS= BUDGET= BENCH_OUT= (root; 36 GB of disk)
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --bench
	$(Q)DEPS=$(DEPS) tests/bench/run.py --build $(BUILD) --sizes "$(SIZES)" --blobs "$(BLOBS)" --images "$(IMAGES)" --turns $(TURNS) --budget $(BUDGET) --figures "$(FIGURES)" $(if $(ADD),--add) --out $(BENCH_OUT)
