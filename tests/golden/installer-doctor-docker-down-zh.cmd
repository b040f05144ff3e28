"$installer" doctor --lang zh
