"$installer" doctor
