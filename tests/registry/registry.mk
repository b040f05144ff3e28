# Registries: Debian's docker-registry, filled by skopeo, and a fake one that misbehaves.

.PHONY: check-registry
check-registry: $(BUILD)/hardtack $(BUILD)/asan/ask_registry $(BUILD)/darwin-arm64/hardtack $(MACHORUN)/machorun ## lock, fetch and build from real and misbehaving registries
	$(Q)BUILD=$(abspath $(BUILD)) tests/registry/run $(CASE)

SUITES   += check-registry
PROGRAMS += $(BUILD)/asan/ask_registry $(BUILD)/darwin-arm64/hardtack

# Registries through registry_client.h alone, with the sanitizers.
$(BUILD)/asan/ask_registry: tests/registry/ask_registry.c $(call rooms,asan,builder bundle base)
	$(say) LINK $@
	$(Q)$(CC_asan) $(BASE_FLAGS) $(CFLAGS_asan) $(addprefix -I,$(SEES_builder)) $^ $(call builder_libraries,asan) $(LDFLAGS_asan) -o $@

# The same with ThreadSanitizer: tests/instrumented/.
