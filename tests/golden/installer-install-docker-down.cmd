"$installer" install --yes
