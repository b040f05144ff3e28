# Same inputs, same bytes (docs/reproducible.md).
#
#   make reproducible         installers, in every surrounding that we could think of; in `make check`
#   make check-reproducible   that, and hardtack itself from two clean clones: everything is compiled twice

SUITES += reproducible

REPRODUCIBLE_NEEDS := $(BUILD)/hardtack $(BUILD)/native/hardtack $(MACHORUN)/machorun $(foreach t,$(SHIPPED),$(BUILD)/$(t)/hardtack)

.PHONY: reproducible
reproducible: $(REPRODUCIBLE_NEEDS) ## build the same installers in many surroundings and by every builder: same bytes
	$(Q)tests/reproducible/run.py --build $(BUILD) --deps $(DEPS)

.PHONY: check-reproducible
check-reproducible: reproducible ## that, and hardtack from two clean clones in different folders
	$(Q)tests/reproducible/clones.sh $(DEPS)
