"$installer" instal --json
