# Checks of the repository itself, and of the made files' structure (tests/structure/).

.PHONY: check-messages
check-messages: ## hold the texts for people against the tables of translations
	$(Q)tests/check_messages.py
	$(Q)mkdir -p $(BUILD)
	$(Q)tests/test_self_checks.py >$(BUILD)/self_checks.log 2>&1 || { cat $(BUILD)/self_checks.log; false; }
	$(Q)tail -1 $(BUILD)/self_checks.log
