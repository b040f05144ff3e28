# The e2e stories, on private Docker engines without network; they need root.
SUITES   += check-e2e
PROGRAMS += $(BUILD)/hardtack

# Stories at a time: they mostly wait, so one more than the cores of the smallest machine.
E2E_JOBS ?= 3

.PHONY: check-e2e e2e
check-e2e e2e: $(BUILD)/hardtack $(BUILD)/tests/machorun/machorun ## run the e2e stories on real Docker engines (STORY=02: one)
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) JOBS=$(E2E_JOBS) tests/e2e/run $(STORY)

.PHONY: e2e-engines
e2e-engines: $(BUILD)/hardtack $(BUILD)/tests/machorun/machorun ## one installation's life on every engine that can be had (ENGINES=v28c-2.26,podman: these)
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) ENGINES=$(ENGINES) JOBS=$(JOBS) tests/e2e/engine_matrix.py

.PHONY: kill-moments check-walk
kill-moments: $(BUILD)/hardtack ## kill -9 installations at N=50 random moments of a SEED, completing each; needs root
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) N=$(N) SEED=$(SEED) tests/e2e/kill_moments.py
check-walk: $(BUILD)/hardtack ## a random walk of STEPS=300 over all verbs, kills and troubles, replayed by SEED; needs root
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) STEPS=$(STEPS) SEED=$(SEED) tests/e2e/walk.py
