# What is released, and what the set-up takes in (docs/release.md).

SUITES += supply-chain

.PHONY: supply-chain
supply-chain: ## feed wrong bytes to the set-up from each kind of source: it stops with the name of the thing
	$(Q)tests/release/supply_chain.py

SUITES += check-dist

.PHONY: check-dist
check-dist: $(BUILD)/hardtack $(BUILD)/pack_gzip $(MACHORUN)/machorun $(foreach t,$(SHIPPED),$(BUILD)/$(t)/hardtack) ## make the release twice, signed, and try each archive
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --judges
	$(Q)tests/release/dist.py --build $(BUILD) --deps $(DEPS)

SUITES += notarize-script

.PHONY: notarize-script
notarize-script: ## run scripts/notarize.sh with Apple's tools played by scripts
	$(Q)RCODESIGN=$(abspath $(DEPS))/judges/bin/rcodesign tests/release/notarize_test.sh
