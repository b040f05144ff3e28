/* A terminal: size, raw mode, echo; run on a pty of 33 rows and 101 columns. */
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include "say.h"

int main(void)
{
	struct winsize size;
	struct termios saved, raw;

	CHECK("isatty", isatty(0) && isatty(1));
	CHECK("size", ioctl(1, TIOCGWINSZ, &size) == 0 && size.ws_row == 33 && size.ws_col == 101);
	CHECK("tcgetattr", tcgetattr(0, &saved) == 0 && (saved.c_lflag & ECHO) &&
				   (saved.c_lflag & ICANON) && (saved.c_lflag & ISIG) &&
				   (saved.c_oflag & OPOST) && (saved.c_cflag & CSIZE) == CS8);
	CHECK("control characters",
		saved.c_cc[VINTR] == 3 && saved.c_cc[VEOF] == 4 && saved.c_cc[VERASE] == 127);
	raw = saved;
	raw.c_lflag &= ~(tcflag_t)(ECHO | ICANON);
	raw.c_cc[VMIN] = 1;
	raw.c_cc[VTIME] = 0;
	CHECK("tcsetattr", tcsetattr(0, TCSAFLUSH, &raw) == 0 && tcgetattr(0, &raw) == 0 &&
				   !(raw.c_lflag & (ECHO | ICANON)) && (raw.c_lflag & ISIG) &&
				   raw.c_cc[VMIN] == 1);
	CHECK("restored", tcsetattr(0, TCSANOW, &saved) == 0 && tcgetattr(0, &raw) == 0 &&
				  raw.c_lflag == saved.c_lflag && raw.c_iflag == saved.c_iflag);
	CHECK("foreground", tcgetpgrp(0) == getpgrp());
	return say_done();
}
