"$installer" instal
