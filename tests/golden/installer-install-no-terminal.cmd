"$installer" install
