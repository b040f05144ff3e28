# The stub on a docker that plays scripts: refusals, deaths in mid-load, crash loops, questions, signals. No engine, no root.

.PHONY: check-stub
check-stub: $(BUILD)/hardtack ## run the installer against a scripted docker
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/run $(STORY)

.PHONY: check-stub-macho
check-stub-macho: $(BUILD)/hardtack machorun ## the same with the Mach-O itself, under machorun
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/stub/run --macho $(STORY)

SUITES += check-stub check-stub-macho
