"$installer" credentials
