LANG=zh_CN.UTF-8 LC_ALL= "$installer" info
