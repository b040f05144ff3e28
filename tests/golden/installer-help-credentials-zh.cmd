"$installer" --lang zh credentials --help
