"$installer" --help
