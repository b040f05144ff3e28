# Checks of the repository itself, and of the made files' structure (tests/structure/).

SUITES += self-checks

.PHONY: self-checks
self-checks: ## hold the repository against its own rules: texts, layout, documents
	$(Q)tests/test_self_checks.py

SUITES += structure

.PHONY: structure
structure: $(BUILD)/hardtack $(SHIPPED_STUBS) machorun ## hold built installers against every rule of the formats (10 GB of disk for a while)
	$(Q)tests/structure/run.py --build $(BUILD) --deps $(DEPS) --big

SUITES += mac-acceptance-script

.PHONY: mac-acceptance-script
mac-acceptance-script: ## run scripts/mac-acceptance.sh with all tools of macOS played by scripts
	$(Q)tests/mac_acceptance_test.sh
