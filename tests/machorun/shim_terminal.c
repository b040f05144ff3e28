/* Terminals: termios, window size, pseudo-terminals. */
#include "guest.h"

#include <errno.h>
#include <fcntl.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>
#include <utmp.h>

TRANSLATION(input_flags, DARWIN_TERMIOS_IFLAG);
TRANSLATION(output_flags, DARWIN_TERMIOS_OFLAG);
TRANSLATION(control_flags, DARWIN_TERMIOS_CFLAG);
TRANSLATION(local_flags, DARWIN_TERMIOS_LFLAG);
TRANSLATION(characters, DARWIN_TERMIOS_CC);

static const struct translation sizes[] = {
	{CS5, DARWIN_CS5}, {CS6, DARWIN_CS6}, {CS7, DARWIN_CS7}, {CS8, DARWIN_CS8}};

static const struct {
	speed_t host;
	uint64_t darwin;
} speeds[] = {{B0, 0}, {B1200, 1200}, {B2400, 2400}, {B4800, 4800}, {B9600, 9600}, {B19200, 19200},
	{B38400, 38400}, {B57600, 57600}, {B115200, 115200}};

static uint64_t speed_to_darwin(speed_t host)
{
	for (size_t i = 0; i < COUNT(speeds); i++)
		if (speeds[i].host == host)
			return speeds[i].darwin;
	return 9600;
}

static speed_t speed_from_darwin(uint64_t darwin)
{
	for (size_t i = 0; i < COUNT(speeds); i++)
		if (speeds[i].darwin == darwin)
			return speeds[i].host;
	return B9600;
}

static int guest_tcgetattr(int fd, struct darwin_termios *to)
{
	struct termios host;

	if (tcgetattr(fd, &host) < 0)
		return -1;
	memset(to, 0, sizeof(*to));
	to->iflag = (uint32_t)BITS_TO_DARWIN(input_flags, (int)host.c_iflag);
	to->oflag = (uint32_t)BITS_TO_DARWIN(output_flags, (int)host.c_oflag);
	to->cflag = (uint32_t)BITS_TO_DARWIN(control_flags, (int)host.c_cflag) |
		    (uint32_t)TO_DARWIN(sizes, (int)(host.c_cflag & CSIZE), DARWIN_CS8);
	to->lflag = (uint32_t)BITS_TO_DARWIN(local_flags, (int)host.c_lflag);
	memset(to->cc, 0xff, sizeof(to->cc));
	for (size_t i = 0; i < COUNT(characters); i++)
		to->cc[characters[i].darwin] = host.c_cc[characters[i].host];
	to->ispeed = speed_to_darwin(cfgetispeed(&host));
	to->ospeed = speed_to_darwin(cfgetospeed(&host));
	return 0;
}

static int guest_tcsetattr(int fd, int when, const struct darwin_termios *from)
{
	static const int moments[] = {TCSANOW, TCSADRAIN, TCSAFLUSH};
	struct termios host = {0};

	if (tcgetattr(fd, &host) < 0)
		return -1;
	host.c_iflag = (tcflag_t)BITS_FROM_DARWIN(input_flags, (int)from->iflag);
	host.c_oflag = (tcflag_t)BITS_FROM_DARWIN(output_flags, (int)from->oflag);
	host.c_cflag = (tcflag_t)BITS_FROM_DARWIN(control_flags, (int)from->cflag) |
		       (tcflag_t)FROM_DARWIN(sizes, (int)(from->cflag & DARWIN_CSIZE), CS8);
	host.c_lflag = (tcflag_t)BITS_FROM_DARWIN(local_flags, (int)from->lflag);
	for (size_t i = 0; i < COUNT(characters); i++)
		host.c_cc[characters[i].host] = from->cc[characters[i].darwin];
	cfsetispeed(&host, speed_from_darwin(from->ispeed));
	cfsetospeed(&host, speed_from_darwin(from->ospeed));
	return tcsetattr(fd, moments[(when & 3) % 3], &host);
}

static void guest_cfmakeraw(struct darwin_termios *terminal)
{
	terminal->iflag &=
		~(uint64_t)(DARWIN_IGNBRK | DARWIN_BRKINT | DARWIN_PARMRK | DARWIN_ISTRIP |
			    DARWIN_INLCR | DARWIN_IGNCR | DARWIN_ICRNL | DARWIN_IXON);
	terminal->oflag &= ~(uint64_t)DARWIN_OPOST;
	terminal->lflag &= ~(uint64_t)(DARWIN_ECHO | DARWIN_ECHONL | DARWIN_ICANON | DARWIN_ISIG |
				       DARWIN_IEXTEN);
	terminal->cflag &= ~(uint64_t)(DARWIN_CSIZE | DARWIN_PARENB);
	terminal->cflag |= DARWIN_CS8;
	terminal->cc[DARWIN_VMIN] = 1;
	terminal->cc[DARWIN_VTIME] = 0;
}

static int guest_tcflush(int fd, int queue)
{
	static const int queues[] = {-1, TCIFLUSH, TCOFLUSH, TCIOFLUSH};

	return tcflush(fd, queues[queue & 3]);
}

static uint64_t guest_cfgetospeed(const struct darwin_termios *terminal)
{
	return terminal->ospeed;
}

static int guest_openpty(int *controller, int *terminal, char *name,
	const struct darwin_termios *attributes, const struct winsize *size)
{
	int result = openpty(controller, terminal, name, NULL, size);

	if (result == 0 && attributes != NULL)
		guest_tcsetattr(*terminal, DARWIN_TCSANOW, attributes);
	return result;
}

static pid_t guest_forkpty(int *controller, char *name, const struct darwin_termios *attributes,
	const struct winsize *size)
{
	pid_t child = forkpty(controller, name, NULL, size);

	if (child == 0 && attributes != NULL)
		guest_tcsetattr(STDIN_FILENO, DARWIN_TCSANOW, attributes);
	return child;
}

static int guest_posix_openpt(int flags)
{
	return posix_openpt(open_from_darwin(flags));
}

const struct shim shim_terminal[] = {
	SHIM(tcgetattr, guest_tcgetattr),
	SHIM(tcsetattr, guest_tcsetattr),
	SHIM(cfmakeraw, guest_cfmakeraw),
	SHIM(tcflush, guest_tcflush),
	DIRECT(tcdrain),
	DIRECT(tcgetpgrp),
	DIRECT(tcsetpgrp),
	DIRECT(tcgetsid),
	SHIM(cfgetospeed, guest_cfgetospeed),
	DIRECT(isatty),
	DIRECT(ttyname),
	DIRECT(ttyname_r),
	DIRECT(ctermid),
	DIRECT(getpass),
	SHIM(openpty, guest_openpty),
	SHIM(forkpty, guest_forkpty),
	DIRECT(login_tty),
	SHIM(posix_openpt, guest_posix_openpt),
	DIRECT(grantpt),
	DIRECT(unlockpt),
	DIRECT(ptsname),
	SHIM_END,
};
