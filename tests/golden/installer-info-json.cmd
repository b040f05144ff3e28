"$installer" info --json
