# The client folder that the Langfuse payload hands over (tests/client/run.py).

SUITES += check-client

.PHONY: check-client
check-client: ## install the client folder's packages offline, write traces with the real SDKs, and hear check.py
	$(Q)tests/client/run.py --folder $(BUILD)/tests/client

# Once a lock: the story of the client folder installs what is fetched here.
$(BUILD)/tests/client/.fetched: payload/langfuse/downloads.yaml
	$(Q)tests/client/run.py --folder $(BUILD)/tests/client --fetch-only && touch $@
check-e2e e2e: $(BUILD)/tests/client/.fetched
