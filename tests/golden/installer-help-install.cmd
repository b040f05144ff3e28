"$installer" help install
