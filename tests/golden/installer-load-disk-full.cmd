"$installer" load --output - >/dev/full
