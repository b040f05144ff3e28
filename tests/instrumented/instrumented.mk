# Both programs under valgrind's memcheck and under ThreadSanitizer. Not in `make check`: they take minutes, and the address
# sanitizer is there for every unit test. What they hold: run, and docs/faults.md.

# The stub is static, and neither tool can look into a static program. So here is a builder whose stub for this machine is one
# of the variant, linked dynamically; elf_writer_check() would refuse it.
CC_tsan      := gcc
CFLAGS_tsan  := -O1 -g -fsanitize=thread
LDFLAGS_tsan := -fsanitize=thread -pthread
LIBS_tsan    := native
$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r),tsan))$(eval $(call archive_rules,$(r),tsan)))
$(foreach r,builder stub,$(eval $(call license_rules,$(r),tsan)))
$(eval $(call stub_rules,tsan))
$(eval $(call unit_rules,tsan))

INSTRUMENTED = $(BUILD)/tests/instrumented
define instrumented_builder
$(foreach t,$(SHIPPED),$(INSTRUMENTED)/$(1)/$(t)/stub): $(INSTRUMENTED)/$(1)/%/stub: $(BUILD)/$(1)/stub $(SHIPPED_STUBS)
	@mkdir -p $$(@D)
	$(Q)cp $$(if $$(filter $(HOST),$$*),$(BUILD)/$(1)/stub,$(BUILD)/$$*/stub) $$@
$(INSTRUMENTED)/$(1)/hardtack: builder/stub_bytes.S tests/instrumented/any_stub.c $(foreach t,$(SHIPPED),$(INSTRUMENTED)/$(1)/$(t)/stub) $(call rooms,$(1),builder bundle base)
	$$(say) LINK $$@
	$(Q)$(CC_$(1)) $(CFLAGS_$(1)) -Wa,-I$(INSTRUMENTED)/$(1) -c $$< -o $$@.stubs.o
	$(Q)$(CC_$(1)) $(BASE_FLAGS) $(CFLAGS_$(1)) $(addprefix -I,$(SEES_builder)) $(BUILD)/$(1)/obj/builder/main.o $$@.stubs.o $$(filter %any_stub.c %.a,$$^) \
		$$(call builder_libraries,$(1)) $$(LDFLAGS_$(1)) -Wl,--wrap=elf_writer_check -o $$@
endef
$(foreach v,native tsan,$(eval $(call instrumented_builder,$(v))))

$(BUILD)/tsan/ask_registry: tests/registry/ask_registry.c $(call rooms,tsan,builder bundle base)
	$(say) LINK $@
	$(Q)$(CC_tsan) $(BASE_FLAGS) $(CFLAGS_tsan) $(addprefix -I,$(SEES_builder)) $^ $(call builder_libraries,tsan) $(LDFLAGS_tsan) -o $@

define planted_program
$(INSTRUMENTED)/$(1)/planted: tests/instrumented/planted.c
	@mkdir -p $$(@D)
	$(Q)$(CC_$(1)) $(BASE_FLAGS) $(CFLAGS_$(1)) $$< $(LDFLAGS_$(1)) -o $$@
endef
$(foreach v,native tsan,$(eval $(call planted_program,$(v))))

# The modules that start threads, and what is built upon them. The libraries are not instrumented.
THREADED := page_digest sink_thread layer_proof installer_file executable_verify macho_writer bundle_reader partial_blob
THREADED_UNITS := $(filter $(THREADED:%=test_%),$(UNIT_NAMES))
$(foreach n,$(THREADED_UNITS),$(eval $(call unit_program,tsan,$(n))))

instrumented_run = $(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/instrumented/run

.PHONY: check-valgrind check-threads check-registry-threads
check-valgrind: $(UNIT_NAMES:%=$(BUILD)/native/unit/%) $(INSTRUMENTED)/native/hardtack $(INSTRUMENTED)/native/planted $(BUILD)/hardtack $(BUILD)/darwin-arm64/hardtack $(BUILD)/tests/machorun/machorun $(BUILD)/tests/fakes/docker ## unit tests, builder and installer under valgrind's memcheck (PART=units|golden|…)
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --valgrind
	$(instrumented_run) valgrind $(PART)

check-threads: $(THREADED_UNITS:%=$(BUILD)/tsan/unit/%) $(INSTRUMENTED)/tsan/hardtack $(INSTRUMENTED)/tsan/planted $(BUILD)/tsan/ask_registry $(BUILD)/darwin-arm64/hardtack $(BUILD)/tests/machorun/machorun $(BUILD)/tests/fakes/docker ## everything that has threads under ThreadSanitizer (PART=…)
	$(instrumented_run) tsan $(PART)

check-registry-threads: $(INSTRUMENTED)/tsan/hardtack $(INSTRUMENTED)/tsan/planted $(BUILD)/tsan/ask_registry $(BUILD)/darwin-arm64/hardtack $(BUILD)/tests/machorun/machorun ## the registry suite alone under ThreadSanitizer
	$(instrumented_run) tsan registry
