# machorun: a loader that runs the arm64 macOS program on Linux (README.md here), and its tests.
#
#   make machorun         $(BUILD)/tests/machorun/machorun; the wrapper beside the sources is `run`
#   make check-machorun   its own tests: programs that must print the same on Linux and under it

MACHORUN_SOURCE := tests/machorun
MACHORUN        := $(BUILD)/tests/machorun
MACHORUN_CC     := aarch64-linux-gnu-gcc
# Functions of the C library stand in tables by name: no builtins in their place.
MACHORUN_FLAGS  := -std=gnu17 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -O1 -g -Wall -Wextra -Werror \
	-Wno-cast-function-type -fno-builtin -fno-strict-aliasing -MMD -MP
MACHORUN_C      := $(filter-out $(MACHORUN_SOURCE)/abi_check.c,$(sort $(wildcard $(MACHORUN_SOURCE)/*.c)))
MACHORUN_OBJ    := $(MACHORUN_C:$(MACHORUN_SOURCE)/%.c=$(MACHORUN)/obj/%.o) $(MACHORUN)/obj/trampoline.o

$(MACHORUN)/obj/%.o: $(MACHORUN_SOURCE)/%.c
	@mkdir -p $(@D)
	$(Q)$(MACHORUN_CC) $(MACHORUN_FLAGS) -c $< -o $@
$(MACHORUN)/obj/%.o: $(MACHORUN_SOURCE)/%.S
	@mkdir -p $(@D)
	$(Q)$(MACHORUN_CC) -c $< -o $@
-include $(wildcard $(MACHORUN)/obj/*.d)

# The linker warns that static getaddrinfo and getpwnam may want shared libraries: "files" and "dns" do not.
$(MACHORUN)/machorun: $(MACHORUN_OBJ)
	$(say) LINK $@
	$(Q)$(MACHORUN_CC) -static -Wl,--no-warnings $^ -lm -o $@

.PHONY: machorun
machorun: $(MACHORUN)/machorun ## build the loader that runs the macOS program on Linux

# The test programs: the same source for this machine and for macOS; darwin_* for macOS only.
MACHORUN_PROGRAMS := $(patsubst $(MACHORUN_SOURCE)/testdata/%.c,%,$(sort $(wildcard $(MACHORUN_SOURCE)/testdata/*.c)))
MACHORUN_BOTH     := $(filter-out darwin_%,$(MACHORUN_PROGRAMS))

$(MACHORUN)/darwin/%: $(MACHORUN_SOURCE)/testdata/%.c $(MACHORUN_SOURCE)/testdata/say.h $(DEPS)/darwin-arm64/.stamp
	@mkdir -p $(@D)
	$(Q)$(CC_darwin-arm64) -std=gnu17 -D_DARWIN_C_SOURCE -O1 -g0 -Wall -Wextra -Werror $< -o $@
$(MACHORUN)/native/%: $(MACHORUN_SOURCE)/testdata/%.c $(MACHORUN_SOURCE)/testdata/say.h
	@mkdir -p $(@D)
	$(Q)gcc -std=gnu17 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -pthread $< -lm -o $@

# The numbers and structures of darwin_abi.h against the real headers; with the control it must fail.
MACHORUN_ABI := $(CC_darwin-arm64) -std=gnu17 -D_DARWIN_C_SOURCE -Wall -Wextra -c $(MACHORUN_SOURCE)/abi_check.c
$(MACHORUN)/abi_check.o: $(MACHORUN_SOURCE)/abi_check.c $(MACHORUN_SOURCE)/darwin_abi.h $(MACHORUN_SOURCE)/darwin_numbers.h \
		$(DEPS)/darwin-arm64/.stamp
	@mkdir -p $(@D)
	$(Q)$(MACHORUN_ABI) -o $@
	$(Q)! $(MACHORUN_ABI) -DNEGATIVE_CONTROL -o $(MACHORUN)/abi_control.o 2>$(MACHORUN)/abi_control.log
	$(Q)test $$(grep -c 'negative control: must fail' $(MACHORUN)/abi_control.log) -ge 2

MACHORUN_TESTS := $(MACHORUN)/machorun $(MACHORUN)/abi_check.o $(MACHORUN_PROGRAMS:%=$(MACHORUN)/darwin/%) \
	$(MACHORUN_BOTH:%=$(MACHORUN)/native/%) $(BUILD)/darwin-arm64/stub
SUITES   += check-machorun
PROGRAMS += $(MACHORUN_TESTS)

.PHONY: check-machorun
check-machorun: $(MACHORUN_TESTS) ## test the loader itself
	$(Q)$(MACHORUN_SOURCE)/check.py $(MACHORUN) $(DEPS)/zig/lib/libc/darwin $(BUILD)/darwin-arm64/stub
