"$installer" --lang zh install --yes
