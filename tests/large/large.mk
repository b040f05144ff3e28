# Installers around 2 and 4 GiB: writes files of that size, so it is a suite of its own.

SUITES   += large-files
PROGRAMS += $(BUILD)/tests/large_files

$(BUILD)/tests/large_files: tests/large/large_files.c $(BUILD)/native/obj/tests/unit/check.o $(call rooms,native,builder bundle base)
	@mkdir -p $(@D)
	$(Q)$(CC_native) $(BASE_FLAGS) $(CFLAGS_native) -Itests/unit -Ibuilder -Ibundle -Ibundle/base $^ \
		$(call builder_libraries,native) $(LDFLAGS_native) -o $@

.PHONY: large-files
large-files: $(BUILD)/tests/large_files ## write and verify installers around 2 and 4 GiB (needs 5 GiB of disk for a while)
	$(Q)scripts/run_tests.sh $<

# Not in `make check`: it makes and unpacks ten thousand files several times.
.PHONY: check-many-blobs
check-many-blobs: $(BUILD)/hardtack ## a bundle of 10,000 blobs: built, verified, extracted, loaded; the installer within 24 MiB
	$(Q)BUILD=$(abspath $(BUILD)) tests/large/many_blobs.py --blobs 10000 --against 1000

# Nor this one: hundreds of real containers on two cores.
SERVICES ?= 500
.PHONY: check-many-services
check-many-services: $(BUILD)/hardtack ## a project of SERVICES=500 on a real engine: installed, stopped, started, removed, with the seconds; needs root
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/large/many_services.py --services $(SERVICES)
