cp "$installer" hello && printf x | dd of=hello bs=1 seek=$(($(stat -c %s hello) - 3000)) conv=notrunc 2>/dev/null
./hello install --yes --lang zh
