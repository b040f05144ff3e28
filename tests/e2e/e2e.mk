# The e2e stories, on private Docker engines without network; they need root.
SUITES += check-e2e

.PHONY: check-e2e e2e
check-e2e e2e: $(BUILD)/hardtack $(BUILD)/tests/machorun/machorun ## run the e2e stories on real Docker engines (STORY=02: one)
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/e2e/run $(STORY)
