# The stub on a docker that plays scripts: refusals, deaths in mid-load, crash loops, questions, signals. No engine, no root.

# The scripted docker as a program (Linux); where it is missing the stories call the script itself, four times as slow.
SCRIPTED_DOCKER := $(if $(filter Linux,$(HOST_OS)),$(BUILD)/tests/fakes/docker)
$(BUILD)/tests/fakes/docker: tests/fakes/docker_client.c
	$(say) CC $@
	@mkdir -p $(@D)
	$(Q)$(CC_native) -std=gnu17 -D_GNU_SOURCE -O1 $(WARN) $< -o $@
PROGRAMS += $(SCRIPTED_DOCKER)

.PHONY: check-stub
check-stub: $(BUILD)/hardtack $(SCRIPTED_DOCKER) ## run the installer against a scripted docker
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/run $(STORY)

.PHONY: check-stub-macho
check-stub-macho: $(BUILD)/hardtack $(SCRIPTED_DOCKER) machorun ## the same with the Mach-O itself, under machorun
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/run --macho $(STORY)

SUITES += check-stub check-stub-macho

# Single bits flipped all over an installer (bit_flips): some in every check; `make bit-flips` is the large one.
BIT_FLIPS ?= 2000
flip_bits = $(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/bit_flips

.PHONY: check-bit-flips check-bit-flips-macho bit-flips
check-bit-flips: $(BUILD)/hardtack ## flip bits of an installer: exit 7, and docker is never called
	$(flip_bits) 400

check-bit-flips-macho: $(BUILD)/hardtack machorun ## the same with the Mach-O
	$(flip_bits) --macho 30

bit-flips: $(BUILD)/hardtack machorun ## BIT_FLIPS of them (2000), and a fifth as many on the Mach-O
	$(flip_bits) $(BIT_FLIPS)
	$(flip_bits) --macho $(shell expr $(BIT_FLIPS) / 5)

SUITES += check-bit-flips check-bit-flips-macho

# Every verb that writes, on a disk that is full from each kind of step on. The builder's half is in check-registry.
.PHONY: check-full-disk
check-full-disk: $(BUILD)/hardtack $(SCRIPTED_DOCKER) ## fill the disk at each writing step of each verb of the installer: 9, nothing half, nothing lost
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/run disk_stories
