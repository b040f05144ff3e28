# The client folder that the Langfuse payload hands over (tests/client/run.py).

SUITES += check-client

.PHONY: check-client
check-client: ## install the client folder's packages offline, write traces with the real SDKs, and hear check.py
	$(Q)tests/client/run.py --folder $(BUILD)/tests/client

# The story of the client folder (tests/e2e) runs node, too.
$(BUILD)/tests/client/tools/.stamp: tests/client/run.py
	$(Q)tests/client/run.py --folder $(BUILD)/tests/client --tools-only && touch $@
check-e2e e2e: $(BUILD)/tests/client/tools/.stamp
PROGRAMS += $(BUILD)/tests/client/tools/.stamp
