"$installer" extract out && find out -type f | sort
