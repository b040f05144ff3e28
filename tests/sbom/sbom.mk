# Who vouches for what is in a file: SBOM and licences (tests/sbom/run.py).

SUITES += check-sbom

.PHONY: check-sbom
check-sbom: $(BUILD)/hardtack $(SHIPPED_STUBS) machorun ## hold SBOMs against the format's own tools, licences against the link line
	$(Q)scripts/setup.sh --deps $(DEPS) --target native --judges
	$(Q)tests/sbom/run.py --build $(BUILD) --deps $(DEPS)
