# Keys and signatures against openssl, which shares nothing with Mbed TLS.

.PHONY: check-signing check-cosign
check-signing: $(BUILD)/hardtack ## keys and signatures both ways between hardtack and openssl
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) tests/signing/run $(CASE)

SUITES += check-signing

# Not in `make check`: cosign is 110 MB of Go, compiled here with the machine's own go.
COSIGN_VERSION := v2.4.1
COSIGN ?= $(BUILD)/tests/cosign/cosign
$(BUILD)/tests/cosign/cosign:
	$(say) GO 'cosign $(COSIGN_VERSION)'
	$(Q)GOBIN=$(abspath $(@D)) go install github.com/sigstore/cosign/v2/cmd/cosign@$(COSIGN_VERSION)

check-cosign: $(BUILD)/hardtack $(COSIGN) ## the same signatures before cosign verify-blob (compiles it: needs go and a few minutes)
	$(Q)BUILD=$(abspath $(BUILD)) DEPS=$(abspath $(DEPS)) COSIGN=$(abspath $(COSIGN)) tests/signing/run cosign
