# What the two programs say, byte for byte (tests/golden/run.py).

SUITES += golden

.PHONY: golden golden-update
golden: $(BUILD)/hardtack ## compare what hardtack and an installer say with what is written down
	$(Q)tests/golden/run.py --build $(BUILD) --deps $(DEPS)
golden-update: $(BUILD)/hardtack ## write down what they say now; read the difference before committing it
	$(Q)tests/golden/run.py --build $(BUILD) --deps $(DEPS) --update
