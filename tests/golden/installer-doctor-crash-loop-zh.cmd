. "$here/crash_loop.sh"
"$installer" doctor --lang zh
