# Benchmarks: not part of `make check`, since they measure the machine as well.

CRANE := $(BUILD)/tests/bench/bin/crane
$(CRANE):
	$(say) GO 'crane'
	$(Q)mkdir -p $(@D)
	$(Q)GOBIN=$(abspath $(@D)) go install github.com/google/go-containerregistry/cmd/crane@v0.20.2

.PHONY: bench-fetch
bench-fetch: $(BUILD)/hardtack $(CRANE) ## hardtack fetch, skopeo and crane from one local registry, as ratios
	$(Q)tests/bench/fetch.py --hardtack $(BUILD)/hardtack --crane $(CRANE) --out $(BUILD)/tests/bench
