"$installer" verify --json --no-progress
