"$installer" backup
