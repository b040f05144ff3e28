"$hardtack" inspect --sbom cyclonedx "$installer"
