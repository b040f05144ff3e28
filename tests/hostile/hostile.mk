# Hostile inputs for the whole program: bombs, lies, and names that drive terminals; refused, in bounded memory.

.PHONY: check-hostile
check-hostile: $(BUILD)/hardtack ## give the maker's program bombs and lies: refused, in bounded memory
	$(Q)BUILD=$(abspath $(BUILD)) tests/hostile/run $(CASE)

SUITES += check-hostile
