# Fuzz targets: tests/fuzz/fuzz_<parser>.c (see fuzz.h); fuzz_stub_*.c are of the stub's room. Seeds: tests/fuzz/corpus.py;
# words of the parsers' languages: tests/fuzz/dictionaries/<parser>.dict; inputs that found something: tests/fuzz/found/<parser>/.
#   make fuzz-json TIME=60     searches with libFuzzer for a minute; needs clang and its runtime (make fuzz installs them)
#   make fuzz FUZZ_TIME=600    every target, with a table; FUZZ_TARGETS="json manifest": only these; LANES=2: two at a time
#   make check-fuzz            replays seeds and fixed mutations of them under ASan and UBSan

SUITES += check-fuzz

FUZZ_NAMES := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
TIME ?= 60
FUZZ_TIME ?= 600
LANES ?= 1
FUZZ_TARGETS ?= $(FUZZ_NAMES)
# Functions that a target has instead of the rooms': the world's answers come from the fuzzer.
FUZZ_WRAP_stub_docker_answers := child_run child_run_together
FUZZ_WRAP_logins := child_run child_find_program
FUZZ_WRAP_registry_answers := http_fetch http_client_is_plain
fuzz_wrap = $(foreach f,$(FUZZ_WRAP_$(1)),-Wl,--wrap=$(f))
FUZZ_CLANG ?= $(or $(firstword $(foreach c,clang clang-19 clang-16 clang-14,$(if $(shell command -v $(c)),$(c)))),clang)
fuzz_room = $(if $(filter stub_%,$(1)),stub,builder)
fuzz_includes = -Itests/fuzz -Itests/unit $(addprefix -I,$(SEES_$(1))) $(foreach l,$(LIBRARIES_bundle) $(LIBRARIES_$(1)),-isystem $(DEPS)/native/$(l)/include)
FUZZ_FLAGS = $(filter-out $(WARN),$(BASE_FLAGS)) -w -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all

# The rooms, instrumented for libFuzzer, as an archive each: a target links what it names. The stub's
# objects have a folder of their own, for the bundle's are compiled with what builder or stub may see.
FUZZ_OBJECTS_builder := $(patsubst %.c,$(BUILD)/fuzz/builder/%.o,$(call sources,base) $(call sources,bundle) \
	$(filter-out builder/main.c builder/stub_image.c,$(call sources,builder)))
FUZZ_OBJECTS_stub := $(patsubst %.c,$(BUILD)/fuzz/stub/%.o,$(call sources,base) $(call sources,bundle) \
	$(filter-out stub/main.c,$(call sources,stub)))

define fuzz_rules
$(BUILD)/fuzz/$(1)/%.o: %.c
	@mkdir -p $$(@D)
	$(Q)$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer-no-link $(call fuzz_includes,$(1)) -MMD -MP -c $$< -o $$@
-include $$(FUZZ_OBJECTS_$(1):.o=.d)

$(BUILD)/fuzz/$(1)_rooms.a: $$(FUZZ_OBJECTS_$(1))
	$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach r,builder stub,$(eval $(call fuzz_rules,$(r))))

define fuzz_replay
$(BUILD)/asan/fuzz/$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/replay.c tests/fuzz/fuzz.h tests/fuzz/fuzz_folder.h $(call rooms,asan,$(call fuzz_room,$(1)) bundle base)
	$$(say) LINK $$@
	@mkdir -p $$(@D)
	$(Q)$(CC_asan) $(BASE_FLAGS) -Wno-missing-prototypes $(CFLAGS_asan) $(call fuzz_includes,$(call fuzz_room,$(1))) $$(filter %.c %.a,$$^) $$(call builder_libraries,asan) $(LDFLAGS_asan) $(call fuzz_wrap,$(1)) -o $$@

$(BUILD)/fuzz/$(1): tests/fuzz/fuzz_$(1).c tests/fuzz/fuzz.h tests/fuzz/fuzz_folder.h $(BUILD)/fuzz/$(call fuzz_room,$(1))_rooms.a
	$$(say) FUZZ $$@
	$(Q)$(FUZZ_CLANG) $(FUZZ_FLAGS) -fsanitize=fuzzer $(call fuzz_includes,$(call fuzz_room,$(1))) $$(filter %.c %.a,$$^) $$(call builder_libraries,native) $(call fuzz_wrap,$(1)) -pthread -o $$@

.PHONY: fuzz-$(1)
fuzz-$(1): $(BUILD)/fuzz/$(1) $(BUILD)/fuzz/seeds/.made
	$(Q)BUILD=$(BUILD) tests/fuzz/search.sh $(TIME) $(1)
endef
$(foreach n,$(FUZZ_NAMES),$(eval $(call fuzz_replay,$(n))))

.PHONY: fuzz
fuzz: ## search with every fuzz target for FUZZ_TIME seconds of processor time each (600)
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --fuzz
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%) $(BUILD)/fuzz/seeds/.made
	$(Q)BUILD=$(BUILD) LANES=$(LANES) tests/fuzz/search.sh $(FUZZ_TIME) $(FUZZ_TARGETS)

$(BUILD)/fuzz/seeds/.made: tests/fuzz/corpus.py tests/fuzz/corpus_answers.py tests/image_archives.py $(wildcard tests/reject/*/*)
	$(Q)rm -rf $(BUILD)/fuzz/seeds && tests/fuzz/corpus.py $(BUILD)/fuzz/seeds && touch $@

FUZZ_REPLAYS := $(FUZZ_NAMES:%=$(BUILD)/asan/fuzz/%) $(BUILD)/fuzz/seeds/.made
PROGRAMS += $(FUZZ_REPLAYS)

.PHONY: check-fuzz
check-fuzz: $(FUZZ_REPLAYS) ## replay the fuzz targets' seeds and fixed mutations
	$(Q)tests/fuzz/replay.sh $(BUILD)/asan/fuzz $(BUILD)/fuzz/seeds $(FUZZ_NAMES)
