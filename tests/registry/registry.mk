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

# The same with ThreadSanitizer: logins, connections and blobs that threads share. Not in `make check`: it
# finds nothing new until what is shared changes. The libraries are not instrumented.
CC_tsan      := gcc
CFLAGS_tsan  := -O1 -g -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread -pthread
LIBS_tsan    := native
$(foreach r,base bundle builder,$(eval $(call room_rules,$(r),tsan))$(eval $(call archive_rules,$(r),tsan)))
$(eval $(call builder_rules,tsan))

$(BUILD)/tsan/ask_registry: tests/registry/ask_registry.c $(call rooms,tsan,builder bundle base)
	$(say) LINK $@
	$(Q)$(CC_tsan) $(BASE_FLAGS) $(CFLAGS_tsan) $(addprefix -I,$(SEES_builder)) $^ $(call builder_libraries,tsan) $(LDFLAGS_tsan) -o $@

.PHONY: check-registry-threads
check-registry-threads: $(BUILD)/tsan/hardtack $(BUILD)/tsan/ask_registry ## the registry suite under ThreadSanitizer
	$(Q)BUILD=$(abspath $(BUILD)) HARDTACK=$(abspath $(BUILD))/tsan/hardtack ASK_REGISTRY=$(abspath $(BUILD))/tsan/ask_registry \
		tests/registry/run $(CASE)
