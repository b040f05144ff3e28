"$installer" status
