/* The text beside the installer: how to run it, and what to do when macOS blocks it. */
#include "readme_text.h"

#include <string.h>

#include "file_io.h"

static const char text[] =
	"怎样运行离线安装包\n"
	"==================\n"
	"\n"
	"旁边名字以 -darwin-arm64（Mac，Apple 芯片）、-linux-arm64 或 -linux-amd64 "
	"结尾的文件就是离线安装包。\n"
	"它需要的一切都在文件里，不使用网络；目标机器上只要有正在运行的 Docker。\n"
	"\n"
	"1. 把文件复制到本机硬盘（不要直接在 U 盘上运行）。\n"
	"2. 打开“终端”，进入文件所在的目录，执行（FILE 换成文件名）：\n"
	"\n"
	"       chmod +x FILE\n"
	"       ./FILE\n"
	"\n"
	"   它会先校验自己的每一个字节，列出要做的事，问一次，然后开始安装。\n"
	"   在 Mac 上也可以在访达里双击运行。\n"
	"\n"
	"如果 macOS 提示“无法打开”“无法验证开发者”或“已损坏”\n"
	"  文件经由浏览器、微信或隔空投送传来时，macOS 会给它加上隔离标记。任选一种办法：\n"
	"  - 在终端执行：xattr -d com.apple.quarantine FILE\n"
	"  - 或打开“系统设置 > 隐私与安全性”，在页面下方点“仍要打开”。\n"
	"  提示“已损坏”时先校验：shasum -a 256 -c FILE.sha256，结果不是 OK 就重新复制一份。\n"
	"\n"
	"想先看看里面有什么：./FILE info      只校验：./FILE verify      帮助：./FILE --help\n"
	"\n"
	"\n"
	"How to run the installer\n"
	"========================\n"
	"\n"
	"The file beside this one whose name ends in -darwin-arm64 (Mac with Apple silicon),\n"
	"-linux-arm64 or -linux-amd64 is the installer. All it needs is inside; it uses no "
	"network.\n"
	"The machine only needs a running Docker.\n"
	"\n"
	"1. Copy the file to the local disk (do not run it from the USB stick).\n"
	"2. Open a terminal in its directory and run (put the file's name for FILE):\n"
	"\n"
	"       chmod +x FILE\n"
	"       ./FILE\n"
	"\n"
	"   It checks every byte of itself, shows what it will do, asks once, and does it.\n"
	"   On a Mac a double-click in Finder works too.\n"
	"\n"
	"When macOS says \"cannot be opened\", \"unidentified developer\" or \"damaged\"\n"
	"  macOS quarantines files that came through a browser, a messenger or AirDrop. Either\n"
	"  - run in a terminal: xattr -d com.apple.quarantine FILE\n"
	"  - or open System Settings > Privacy & Security and click \"Open Anyway\" further down.\n"
	"  When it says \"damaged\", check first: shasum -a 256 -c FILE.sha256; if that is not "
	"OK,\n"
	"  copy the file again.\n"
	"\n"
	"To see what is inside: ./FILE info      only check: ./FILE verify      help: ./FILE "
	"--help\n";

int readme_text_write(const char *directory, struct err *err)
{
	AUTO_FREE char *path = xprintf("%s/%s", directory, README_TEXT_NAME);
	return file_write_all(path, text, strlen(text), 0644, err);
}
