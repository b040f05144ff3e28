. "$here/crash_loop.sh"
"$installer" status --lang zh
