# Checks of the repository itself, and of the made files' structure (tests/structure/).

SUITES += self-checks

.PHONY: self-checks
self-checks: ## hold the repository against its own rules: texts, layout, documents
	$(Q)tests/test_self_checks.py

SUITES += mac-acceptance-script

.PHONY: mac-acceptance-script
mac-acceptance-script: ## run scripts/mac-acceptance.sh with all tools of macOS played by scripts
	$(Q)tests/mac_acceptance_test.sh
