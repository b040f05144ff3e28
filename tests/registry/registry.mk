# Registries: Debian's docker-registry, filled by skopeo, and a fake one that misbehaves.

.PHONY: check-registry
check-registry: $(BUILD)/hardtack ## lock, fetch and build from real and misbehaving registries
	$(Q)BUILD=$(abspath $(BUILD)) tests/registry/run $(CASE)

SUITES += check-registry
