# Fuzz targets: tests/fuzz/fuzz_<parser>.c (see fuzz.h). Seeds: tests/fuzz/corpus.py.
#   make fuzz-json TIME=60     searches with libFuzzer for a minute; needs clang and its runtime
#   make check-fuzz            replays seeds and fixed mutations of them under ASan and UBSan

SUITES += check-fuzz

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TIME ?= 60
FUZZ_CLANG ?= clang
FUZZ_INCLUDES = -Itests/fuzz $(addprefix -I,$(SEES_builder)) $(foreach l,$(LIBRARIES_bundle) $(LIBRARIES_builder),-isystem $(DEPS)/native/$(l)/include)
FUZZ_FLAGS = $(filter-out $(WARN),$(BASE_FLAGS)) -w -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

# The rooms, instrumented for libFuzzer, as one archive: a target links what it names.
FUZZ_OBJECTS := $(patsubst %.c,$(BUILD)/fuzz/obj/%.o,$(call sources,base) $(call sources,bundle) \
	$(filter-out builder/main.c builder/stub_image.c,$(call sources,builder)))

$(BUILD)/fuzz/obj/%.o: %.c
	@mkdir -p $(@D)
	$(Q)$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(FUZZ_INCLUDES) -MMD -MP -c $< -o $@
-include $(FUZZ_OBJECTS:.o=.d)

$(BUILD)/fuzz/rooms.a: $(FUZZ_OBJECTS)
	$(Q)rm -f $@ && ar rcs $@ $^

define fuzz_replay
$(BUILD)/asan/fuzz/$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c tests/fuzz/fuzz.h $(call rooms,asan,builder bundle base)
	$$(say) LINK $$@
	@mkdir -p $$(@D)
	$(Q)$(CC_asan) $(BASE_FLAGS) -Wno-missing-prototypes $(CFLAGS_asan) $(FUZZ_INCLUDES) $$(filter %.c %.a,$$^) $$(call builder_libraries,asan) $(LDFLAGS_asan) -o $$@

$(BUILD)/fuzz/$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/fuzz.h $(BUILD)/fuzz/rooms.a
	$$(say) FUZZ $$@
	$(Q)$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $(FUZZ_INCLUDES) $$(filter %.c %.a,$$^) $$(call builder_libraries,native) -pthread -o $$@

.PHONY: fuzz-$(1)
fuzz-$(1): $(BUILD)/fuzz/$(1) $(BUILD)/fuzz/seeds/.made
	@mkdir -p $(BUILD)/fuzz/corpus/$(1)
	$(BUILD)/fuzz/$(1) -max_total_time=$(TIME) -max_len=16384 -timeout=10 -print_final_stats=1 -artifact_prefix=$(BUILD)/fuzz/ \
		$(BUILD)/fuzz/corpus/$(1) $(BUILD)/fuzz/seeds/$(1)
endef
$(foreach n,$(FUZZ_NAMES),$(eval $(call fuzz_replay,$(n))))

$(BUILD)/fuzz/seeds/.made: tests/fuzz/corpus.py tests/image_archives.py $(wildcard tests/reject/*/*)
	$(Q)rm -rf $(BUILD)/fuzz/seeds && tests/fuzz/corpus.py $(BUILD)/fuzz/seeds && touch $@

.PHONY: check-fuzz
check-fuzz: $(foreach n,$(FUZZ_NAMES),$(BUILD)/asan/fuzz/$(n)) $(BUILD)/fuzz/seeds/.made ## replay the fuzz targets' seeds and fixed mutations
	$(Q)tests/fuzz/replay.sh $(BUILD)/asan/fuzz $(BUILD)/fuzz/seeds $(FUZZ_NAMES)
