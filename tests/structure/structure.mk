# Checks of the repository itself, and of the made files' structure (tests/structure/).

SUITES += self-checks

.PHONY: self-checks
self-checks: ## hold the repository against its own rules: texts, layout, documents
	$(Q)tests/test_self_checks.py
