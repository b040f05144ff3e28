# The e2e stories, on private Docker engines without network; they need root.
SUITES   += check-e2e
PROGRAMS += $(BUILD)/hardtack

# Stories at a time: they mostly wait, so one more than the cores of the smallest machine.
E2E_JOBS ?= 3

.PHONY: check-e2e e2e
check-e2e e2e: $(BUILD)/hardtack $(BUILD)/tests/machorun/machorun ## run the e2e stories on real Docker engines (STORY=02: one)
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) JOBS=$(E2E_JOBS) tests/e2e/run $(STORY)
