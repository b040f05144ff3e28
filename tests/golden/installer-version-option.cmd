"$installer" --version
