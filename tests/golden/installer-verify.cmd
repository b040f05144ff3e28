"$installer" verify
