"$installer" load --output - | tar -t
