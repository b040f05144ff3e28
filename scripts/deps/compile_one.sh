#!/bin/sh
# Compiles one file of a library: compile_one.sh COMPILER FLAG… -- SOURCE OBJECT
# (xargs can only append words, and the compiler wants -o between these two.)
set -eu
count=$#
while [ "$count" -gt 2 ]; do
	word=$1
	shift
	[ "$word" = -- ] || set -- "$@" "$word"
	count=$((count - 1))
done
source=$1 object=$2
shift 2
exec "$@" -c "$source" -o "$object"
