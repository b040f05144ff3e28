"$installer" version
