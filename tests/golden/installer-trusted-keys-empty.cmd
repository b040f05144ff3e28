mkdir keys
HARDTACK_TRUSTED_KEYS=keys "$installer" status
