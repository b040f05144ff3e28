# Our reading of compose files against docker compose itself.
SUITES += compose-oracle
.PHONY: compose-oracle
compose-oracle: $(BUILD)/native/unit/test_compose_corpus ## compare how we read compose files with docker compose
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/compose_oracle.py
