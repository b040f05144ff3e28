# hardtack: everything is reached from here. `make help` lists the targets.
#
#   BUILD   where all output goes                 (default: build)
#   DEPS    toolchain and pinned libraries        (default: $(BUILD)/deps)
#   V=1     show the commands
#
# Variants of the same sources, each in $(BUILD)/VARIANT/:
#   native        gcc, for tests               asan      gcc with AddressSanitizer and UBSan
#   linux-amd64, linux-arm64, darwin-arm64     zig, static: what ships

BUILD ?= build
DEPS  ?= $(BUILD)/deps
V     ?= 0
Q      = $(if $(filter 1,$(V)),,@)
say    = @printf '  %-8s %s\n'

SHIPPED  := linux-amd64 linux-arm64 darwin-arm64
HOST_OS  := $(shell uname -s)
HOST_CPU := $(subst x86_64,amd64,$(subst aarch64,arm64,$(shell uname -m)))
HOST     := $(if $(filter Darwin,$(HOST_OS)),darwin,linux)-$(HOST_CPU)

JOBS     := $(shell getconf _NPROCESSORS_ONLN)

.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules
SUFFIXES :=

WARN := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith \
	-Wwrite-strings -Wvla -Wformat=2 -Wno-format-nonliteral -Wundef -Werror
BASE_FLAGS := -std=gnu17 -D_GNU_SOURCE -D_DARWIN_C_SOURCE -D_FILE_OFFSET_BITS=64 \
	-fvisibility=hidden -fno-strict-aliasing $(WARN)

# Every variant: its compiler, its flags, whose libraries it links.
CC_native          := $(or $(NATIVE_CC),gcc)
CFLAGS_native      := -O1 -g
LIBS_native        := native
CC_asan            := $(or $(ASAN_CC),gcc)
CFLAGS_asan        := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS_asan       := -fsanitize=address,undefined
LIBS_asan          := native
# Nothing here unwinds a stack on Linux; the tables were 4 % of a control program that stays below 1 MiB.
define shipped_variant
CC_$(1)      := DEPS=$(abspath $(DEPS)) scripts/cc.sh $(1)
AR_$(1)      := DEPS=$(abspath $(DEPS)) scripts/cc.sh $(1) --ar
CFLAGS_$(1)  := -Os -g0 $(if $(filter linux-%,$(1)),-fno-asynchronous-unwind-tables -fno-unwind-tables)
LIBS_$(1)    := $(1)
endef
$(foreach t,$(SHIPPED),$(eval $(call shipped_variant,$(t))))
ifeq ($(HOST_OS),Linux)
LDFLAGS_native += -pthread
LDFLAGS_asan   += -pthread
endif

VARIANTS := native asan $(SHIPPED)

# The rooms, and what each may see: builder -> bundle <- stub (docs/architecture.md).
ROOMS          := base bundle builder stub
DIR_base       := bundle/base
DIR_bundle     := bundle
DIR_builder    := builder
DIR_stub       := stub
SEES_base      := bundle/base
SEES_bundle    := bundle bundle/base
SEES_builder   := builder bundle bundle/base
SEES_stub      := stub bundle bundle/base
LIBRARIES_base    :=
LIBRARIES_bundle  := libarchive mbedtls yyjson zlib
LIBRARIES_builder := libyaml libarchive zlib curl mbedtls
LIBRARIES_stub    :=

sources  = $(sort $(wildcard $(DIR_$(1))/*.c))
includes = $(addprefix -I,$(SEES_$(1))) $(foreach l,$(LIBRARIES_$(1)),-isystem $(DEPS)/$(LIBS_$(2))/$(l)/include)
objects  = $(patsubst %.c,$(BUILD)/$(2)/obj/%.o,$(call sources,$(1)))

# One rule a room and variant.
define room_rules
$(BUILD)/$(2)/obj/$(DIR_$(1))/%.o: $(DIR_$(1))/%.c $(DEPS)/$(LIBS_$(2))/.stamp
	$$(say) CC '$$< ($(2))'
	@mkdir -p $$(@D)
	$(Q)$(CC_$(2)) $(BASE_FLAGS) $(CFLAGS_$(2)) $(call includes,$(1),$(2)) -include banned.h -MMD -MP -c $$< -o $$@
-include $$(wildcard $(BUILD)/$(2)/obj/$(DIR_$(1))/*.d)
endef
$(foreach v,$(VARIANTS),$(foreach r,$(ROOMS),$(eval $(call room_rules,$(r),$(v)))))

# What the programs are linked with, and what the compiler adds to them (scripts/cc.sh). Both lists also say whose
# licences they carry: a name without one in scripts/licenses.lock stops the build.
STUB_LIBRARIES       := libarchive zlib zstd mbedtls yyjson
BUILDER_LIBRARIES    := libarchive zlib zstd libyaml curl mbedtls yyjson
RUNTIME_linux-amd64  := musl compiler-rt
RUNTIME_linux-arm64  := musl compiler-rt
RUNTIME_darwin-arm64 := compiler-rt

library = $(wildcard $(DEPS)/$(LIBS_$(1))/$(2)/lib/*.a)
stub_libraries    = $(foreach l,$(STUB_LIBRARIES),$(call library,$(1),$(l)))
builder_libraries = $(foreach l,$(BUILDER_LIBRARIES),$(call library,$(1),$(l)))

# Parts as NAME:TARGET,... for scripts/licenses.py. The builder has all three stubs in it, and so their parts.
empty :=
in_stubs      = $(foreach t,$(SHIPPED),$(if $(filter $(1),$(STUB_LIBRARIES) $(RUNTIME_$(t))),$(t)))
with_stubs    = $(1):$(subst $(empty) $(empty),$(empty),$(foreach t,$(call in_stubs,$(1)),$(t)$(comma)))
comma        := ,
parts_stub    = $(foreach l,$(STUB_LIBRARIES) $(RUNTIME_$(1)),$(l):$(1))
parts_builder = $(foreach l,$(sort $(BUILDER_LIBRARIES) $(foreach t,$(SHIPPED),$(RUNTIME_$(t)))),$(call with_stubs,$(l)))

$(BUILD)/embed: scripts/embed.c $(DEPS)/$(HOST)/.stamp
	@mkdir -p $(@D)
	$(Q)$(CC_$(HOST)) -std=gnu17 -O1 $(WARN) -isystem $(DEPS)/$(HOST)/zlib/include $< $(DEPS)/$(HOST)/zlib/lib/libz.a -o $@

# The licences of a room's program, in the room's archive.
define license_rules
$(BUILD)/$(2)/$(1)-licenses.c: scripts/licenses.py scripts/licenses.lock scripts/sources.lock LICENSE bundle/base/version.h Makefile $(BUILD)/embed
	@mkdir -p $$(@D)
	$(Q)scripts/licenses.py --deps $(DEPS) $$(call parts_$(1),$(2)) >$$@.records
	$(Q)$(BUILD)/embed <$$@.records >$$@
$(BUILD)/$(2)/obj/$(1)-licenses.o: $(BUILD)/$(2)/$(1)-licenses.c bundle/license_text.h
	@mkdir -p $$(@D)
	$(Q)$(CC_$(2)) $(BASE_FLAGS) $(CFLAGS_$(2)) -Ibundle -Ibundle/base -c $$< -o $$@
$(BUILD)/$(2)/lib$(1).a: $(BUILD)/$(2)/obj/$(1)-licenses.o
endef
$(foreach v,$(VARIANTS),$(foreach r,builder stub,$(eval $(call license_rules,$(r),$(v)))))

# A room is an archive: a program links only what it names.
define archive_rules
$(BUILD)/$(2)/lib$(1).a: $(call objects,$(1),$(2))
	$(Q)rm -f $$@ && $(or $(AR_$(2)),ar) rcs $$@ $$^
endef
$(foreach v,$(VARIANTS),$(foreach r,$(ROOMS),$(eval $(call archive_rules,$(r),$(v)))))
rooms = $(foreach r,$(2),$(BUILD)/$(1)/lib$(r).a)

# The stub: the program on the target, without payload.
define stub_rules
$(BUILD)/$(1)/stub: $(call rooms,$(1),stub bundle base)
	$$(say) LINK $$@
	$(Q)$(CC_$(1)) $$(CFLAGS_$(1)) $(BUILD)/$(1)/obj/stub/main.o $$^ $$(call stub_libraries,$(1)) $$(LDFLAGS_$(1)) -o $$@
endef
$(foreach v,$(VARIANTS),$(eval $(call stub_rules,$(v))))

SHIPPED_STUBS := $(foreach t,$(SHIPPED),$(BUILD)/$(t)/stub)

# The builder: the same three stubs are inside every variant of it. Their digest is on the command line
# because zig's cache knows nothing of .incbin: without it, it hands out an object with older stubs.
SHA256 := { sha256sum 2>/dev/null || shasum -a 256; } | cut -c 1-64
define builder_rules
$(BUILD)/$(1)/obj/builder/stub_bytes.o: builder/stub_bytes.S $(SHIPPED_STUBS)
	$$(say) AS '$$< ($(1))'
	@mkdir -p $$(@D)
	$(Q)$(CC_$(1)) $(CFLAGS_$(1)) -Wa,-I$(BUILD) -DSTUBS=$$$$(cat $(SHIPPED_STUBS) | $(SHA256)) -c $$< -o $$@
$(BUILD)/$(1)/hardtack: $(BUILD)/$(1)/obj/builder/stub_bytes.o $(call rooms,$(1),builder bundle base)
	$$(say) LINK $$@
	$(Q)$(CC_$(1)) $$(CFLAGS_$(1)) $(BUILD)/$(1)/obj/builder/main.o $$^ $$(call builder_libraries,$(1)) $$(LDFLAGS_$(1)) -o $$@
endef
$(foreach v,$(VARIANTS),$(eval $(call builder_rules,$(v))))

# Unit tests: a program a module. A test of a stub module is named test_stub_*.c, all others see
# the builder and the bundle: the two rooms never meet in one program.
UNIT_NAMES := $(patsubst tests/unit/%.c,%,$(sort $(wildcard tests/unit/test_*.c)))
unit_rooms = $(if $(filter test_stub_%,$(2)),stub,builder) bundle base
define unit_rules
$(BUILD)/$(1)/obj/tests/unit/%.o: tests/unit/%.c $(DEPS)/$(LIBS_$(1))/.stamp
	@mkdir -p $$(@D)
	$(Q)$(CC_$(1)) $(BASE_FLAGS) -Wno-missing-prototypes $(CFLAGS_$(1)) -Itests/unit -Istub -Ibuilder -Ibundle -Ibundle/base \
		-DTEST_DATA='"$(abspath tests)"' -MMD -MP -c $$< -o $$@
-include $$(wildcard $(BUILD)/$(1)/obj/tests/unit/*.d)
endef
define unit_program
$(BUILD)/$(1)/unit/$(2): $(BUILD)/$(1)/obj/tests/unit/$(2).o $(BUILD)/$(1)/obj/tests/unit/check.o $(call rooms,$(1),$(call unit_rooms,$(1),$(2)))
	$$(say) LINK $$@
	@mkdir -p $$(@D)
	$(Q)$(CC_$(1)) $$(CFLAGS_$(1)) $$^ $$(call builder_libraries,$(1)) $$(LDFLAGS_$(1)) -o $$@
endef
$(foreach v,native asan,$(eval $(call unit_rules,$(v)))$(foreach n,$(UNIT_NAMES),$(eval $(call unit_program,$(v),$(n)))))
.SECONDARY:

$(DEPS)/%/.stamp: scripts/sources.lock scripts/build_deps.sh scripts/cc.sh $(wildcard scripts/deps/*)
	$(Q)scripts/setup.sh --deps $(DEPS) --target $*

.PHONY: all
all: $(BUILD)/hardtack ## build the host tool: $(BUILD)/hardtack

# The host tool is the shipped variant of this machine, so that what is used is what ships.
$(BUILD)/hardtack: $(BUILD)/$(HOST)/hardtack
	$(Q)cp $< $@

.PHONY: stubs
stubs: $(SHIPPED_STUBS) ## build the stubs of all targets

.PHONY: unit unit-asan
unit: $(foreach n,$(UNIT_NAMES),$(BUILD)/native/unit/$(n)) ## run the unit tests
	$(Q)scripts/run_tests.sh $^
unit-asan: $(foreach n,$(UNIT_NAMES),$(BUILD)/asan/unit/$(n)) ## run the unit tests under ASan and UBSan
	$(Q)scripts/run_tests.sh $^

# Suites are make targets that end with "N passed, N failed"; tests/*/*.mk add theirs, and the
# programs that these build (two suites run at a time: none may build what another builds).
SUITES   := unit unit-asan
PROGRAMS := $(foreach v,native asan,$(UNIT_NAMES:%=$(BUILD)/$(v)/unit/%))
-include $(sort $(wildcard tests/*/*.mk))
# The longest ones first, so that the last one running is a short one.
LONG_SUITES := check-e2e check-stub structure check-stub-macho check-client

.PHONY: check
check: ## set up everything and run all tests (README's test command)
	$(Q)scripts/setup.sh --deps $(DEPS) --tests
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all programs
	$(Q)BUILD=$(BUILD) DEPS=$(DEPS) JOBS=$(JOBS) scripts/check.sh $(LONG_SUITES) $(filter-out $(LONG_SUITES),$(SUITES))

.PHONY: programs
programs: $(PROGRAMS) # of all suites

.PHONY: demo
demo: ## set up everything, pack payload/hello, install it and show its answer
	$(Q)scripts/setup.sh --deps $(DEPS)
	$(Q)$(MAKE) --no-print-directory -j$(JOBS) all
	$(Q)BUILD=$(BUILD) DEPS=$(DEPS) scripts/demo.sh

.PHONY: setup
setup: ## install what the build needs, fetch and build the pinned libraries
	$(Q)scripts/setup.sh --deps $(DEPS)

OUR_C       := $(wildcard bundle/base/*.[ch] bundle/*.[ch] builder/*.[ch] stub/*.[ch] tests/unit/*.[ch] tests/machorun/*.[ch] tests/machorun/testdata/*.[ch])
OUR_SCRIPTS := $(wildcard scripts/*.sh .ci/run tests/machorun/run tests/machorun/macos/usr/bin/*)

.PHONY: format
format: ## lay our C out by .clang-format
	$(Q)clang-format -i $(OUR_C)

.PHONY: lint
lint: $(DEPS)/native/.stamp ## clang-tidy, cppcheck and shellcheck over our sources
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --lint
	$(Q)$(foreach r,$(ROOMS),printf '%s\n' $(call sources,$(r)) | xargs -P $(JOBS) -I{} clang-tidy --quiet {} -- $(BASE_FLAGS) $(call includes,$(r),native) -include banned.h -Wno-unused-value &&) true
	$(Q)cppcheck --quiet --error-exitcode=1 --enable=warning,portability --inline-suppr --suppress=missingIncludeSystem --suppress=nullPointerRedundantCheck \
		--suppress=nullPointerArithmeticRedundantCheck --suppress=ctunullpointer \
		$(addprefix -I,bundle/base bundle builder stub) bundle builder stub
	$(Q)shellcheck $(OUR_SCRIPTS)

PREFIX ?= /usr/local
.PHONY: install
install: all ## install the host tool into $(PREFIX)/bin
	$(Q)install -d $(DESTDIR)$(PREFIX)/bin
	$(Q)install -m 755 $(BUILD)/hardtack $(DESTDIR)$(PREFIX)/bin/hardtack

# The release (docs/release.md). KEY: sign the sums with this key of `hardtack keygen`.
$(BUILD)/pack_gzip: scripts/pack_gzip.c $(DEPS)/native/.stamp
	$(Q)$(CC_native) $(BASE_FLAGS) -O2 -isystem $(DEPS)/native/zlib/include $< $(call library,native,zlib) -o $@

DIST ?= dist
KEY  ?=
.PHONY: dist
dist: all $(foreach t,$(SHIPPED),$(BUILD)/$(t)/hardtack) $(BUILD)/pack_gzip ## make the release archives of hardtack in dist/ (KEY=key.pem signs them)
	$(Q)scripts/dist.sh $(BUILD) $(DIST) $(KEY)

.PHONY: clean
clean: ## remove all output but the toolchain and libraries
	$(Q)rm -rf $(foreach v,$(VARIANTS),$(BUILD)/$(v)) $(BUILD)/hardtack $(BUILD)/tests

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

