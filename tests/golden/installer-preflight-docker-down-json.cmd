"$installer" preflight --json --no-progress
