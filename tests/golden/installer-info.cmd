"$installer" info
