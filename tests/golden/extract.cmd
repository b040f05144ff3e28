"$hardtack" extract "$installer" out && find out -type f | sort
