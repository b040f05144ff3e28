/*
 * Streams. The guest holds a struct darwin_file in Darwin's layout, whose buffer counts are always
 * 0: the macros that look inside (getc_unlocked...) then call __srget and __swbuf, which are shims.
 */
#include "guest.h"
#include "shim_stdio.h"

#include <errno.h>
#include <stdio_ext.h>
#include <stdlib.h>
#include <unistd.h>

static struct darwin_file standard[3];
static struct darwin_file *standard_in = &standard[0], *standard_out = &standard[1],
			  *standard_error = &standard[2];

FILE *stream_host(const struct darwin_file *stream)
{
	if (stream == NULL || stream->host == NULL)
		machorun_die("a stdio function got a stream that is not open");
	return stream->host;
}

void stream_refresh(struct darwin_file *stream)
{
	FILE *host = stream->host;

	stream->r = 0;
	stream->w = 0;
	stream->flags =
		(int16_t)((stream->flags & ~(DARWIN___SEOF | DARWIN___SERR)) |
			  (feof(host) ? DARWIN___SEOF : 0) | (ferror(host) ? DARWIN___SERR : 0));
}

struct darwin_file *stream_stdin(void)
{
	return standard_in;
}

struct darwin_file *stream_stdout(void)
{
	return standard_out;
}

static void adopt(struct darwin_file *stream, FILE *host)
{
	stream->host = host;
	stream->flags = DARWIN___SRD | DARWIN___SWR;
	stream->fileno = (int16_t)fileno(host);
}

void stdio_prepare(void)
{
	adopt(&standard[0], stdin);
	adopt(&standard[1], stdout);
	adopt(&standard[2], stderr);
}

static struct darwin_file *wrap(FILE *host)
{
	struct darwin_file *stream;
	int saved = errno;

	if (host == NULL)
		return NULL;
	stream = calloc(1, sizeof(*stream));
	if (stream == NULL)
		machorun_die("out of memory");
	adopt(stream, host); /* a memory stream has no descriptor: fileno is -1 */
	errno = saved;
	return stream;
}

static void unwrap(struct darwin_file *stream)
{
	stream->host = NULL;
	free(stream->bf.base);
	stream->bf.base = NULL;
	if (stream < standard || stream >= standard + 3)
		free(stream);
}

static struct darwin_file *guest_fopen(const char *path, const char *mode)
{
	return path_is_foreign(path) ? NULL : wrap(fopen(path, mode));
}

static struct darwin_file *guest_fdopen(int fd, const char *mode)
{
	return wrap(fdopen(fd, mode));
}

static struct darwin_file *guest_freopen(
	const char *path, const char *mode, struct darwin_file *stream)
{
	FILE *host = freopen(path, mode, stream_host(stream));

	if (host == NULL)
		return NULL;
	adopt(stream, host);
	return stream;
}

static struct darwin_file *guest_tmpfile(void)
{
	return wrap(tmpfile());
}

static struct darwin_file *guest_open_memstream(char **to, size_t *size)
{
	return wrap(open_memstream(to, size));
}

static struct darwin_file *guest_fmemopen(void *memory, size_t size, const char *mode)
{
	return wrap(fmemopen(memory, size, mode));
}

static struct darwin_file *guest_popen(const char *command, const char *mode)
{
	return wrap(popen(command, mode));
}

static int guest_pclose(struct darwin_file *stream)
{
	int status = pclose(stream_host(stream));

	unwrap(stream);
	return status_to_darwin(status);
}

static int guest_fclose(struct darwin_file *stream)
{
	int result = fclose(stream_host(stream));

	unwrap(stream);
	return result;
}

static int guest_fflush(struct darwin_file *stream)
{
	int result = fflush(stream != NULL ? stream_host(stream) : NULL);

	if (stream != NULL)
		stream_refresh(stream);
	return result;
}

/* What each of these does is in its name; all keep the flags up to date. */
#define STREAM_FUNCTION(type, name, parameters, call) \
	static type guest_##name parameters           \
	{                                             \
		type result = call;                   \
                                                      \
		stream_refresh(stream);               \
		return result;                        \
	}

STREAM_FUNCTION(size_t, fread, (void *to, size_t size, size_t count, struct darwin_file *stream),
	fread(to, size, count, stream_host(stream)))
STREAM_FUNCTION(size_t, fwrite,
	(const void *from, size_t size, size_t count, struct darwin_file *stream),
	fwrite(from, size, count, stream_host(stream)))
STREAM_FUNCTION(int, fgetc, (struct darwin_file * stream), fgetc(stream_host(stream)))
STREAM_FUNCTION(int, fputc, (int c, struct darwin_file *stream), fputc(c, stream_host(stream)))
STREAM_FUNCTION(int, ungetc, (int c, struct darwin_file *stream), ungetc(c, stream_host(stream)))
STREAM_FUNCTION(int, fputs, (const char *text, struct darwin_file *stream),
	fputs(text, stream_host(stream)))
STREAM_FUNCTION(char *, fgets, (char *to, int size, struct darwin_file *stream),
	fgets(to, size, stream_host(stream)))
STREAM_FUNCTION(ssize_t, getline, (char **line, size_t *size, struct darwin_file *stream),
	getline(line, size, stream_host(stream)))
STREAM_FUNCTION(ssize_t, getdelim, (char **line, size_t *size, int end, struct darwin_file *stream),
	getdelim(line, size, end, stream_host(stream)))
STREAM_FUNCTION(int, fseek, (struct darwin_file * stream, long offset, int whence),
	fseek(stream_host(stream), offset, whence))
STREAM_FUNCTION(long, ftell, (struct darwin_file * stream), ftell(stream_host(stream)))
STREAM_FUNCTION(int, feof, (struct darwin_file * stream), feof(stream_host(stream)))
STREAM_FUNCTION(int, ferror, (struct darwin_file * stream), ferror(stream_host(stream)))
STREAM_FUNCTION(int, fileno, (struct darwin_file * stream), fileno(stream_host(stream)))
STREAM_FUNCTION(int, setvbuf, (struct darwin_file * stream, char *buffer, int mode, size_t size),
	setvbuf(stream_host(stream), buffer, mode, size))

static void guest_clearerr(struct darwin_file *stream)
{
	clearerr(stream_host(stream));
	stream_refresh(stream);
}

static void guest_rewind(struct darwin_file *stream)
{
	rewind(stream_host(stream));
	stream_refresh(stream);
}

static int guest_fgetpos(struct darwin_file *stream, int64_t *position)
{
	*position = ftello(stream_host(stream));
	return *position < 0 ? -1 : 0;
}

static int guest_fsetpos(struct darwin_file *stream, const int64_t *position)
{
	return guest_fseek(stream, *position, SEEK_SET);
}

static void guest_setbuf(struct darwin_file *stream, char *buffer)
{
	setbuf(stream_host(stream), buffer);
}

static int guest_setlinebuf(struct darwin_file *stream)
{
	return setvbuf(stream_host(stream), NULL, _IOLBF, 0);
}

static int guest_fpurge(struct darwin_file *stream)
{
	__fpurge(stream_host(stream));
	return 0;
}

/* BSD: the line without copying, not terminated; the buffer lives until the next call. */
static char *guest_fgetln(struct darwin_file *stream, size_t *length)
{
	size_t size = 0;
	char *line = NULL;
	ssize_t got = getline(&line, &size, stream_host(stream));

	stream_refresh(stream);
	free(stream->bf.base);
	stream->bf.base = line;
	*length = got > 0 ? (size_t)got : 0;
	return got > 0 ? line : NULL;
}

static int guest_getchar(void)
{
	return guest_fgetc(standard_in);
}

static int guest_putchar(int c)
{
	return guest_fputc(c, standard_out);
}

static int guest_puts(const char *text)
{
	return fputs(text, stdout) < 0 || putc('\n', stdout) < 0 ? EOF : 10;
}

static void guest_flockfile(struct darwin_file *stream)
{
	flockfile(stream_host(stream));
}

static void guest_funlockfile(struct darwin_file *stream)
{
	funlockfile(stream_host(stream));
}

const struct shim shim_stdio[] = {
	SHIM(__stdinp, &standard_in),
	SHIM(__stdoutp, &standard_out),
	SHIM(__stderrp, &standard_error),
	SHIM(fopen, guest_fopen),
	SHIM(fdopen, guest_fdopen),
	SHIM(freopen, guest_freopen),
	SHIM(tmpfile, guest_tmpfile),
	SHIM(open_memstream, guest_open_memstream),
	SHIM(fmemopen, guest_fmemopen),
	SHIM(popen, guest_popen),
	SHIM(pclose, guest_pclose),
	SHIM(fclose, guest_fclose),
	SHIM(fflush, guest_fflush),
	SHIM(fread, guest_fread),
	SHIM(fwrite, guest_fwrite),
	SHIM(fgetc, guest_fgetc),
	SHIM(getc, guest_fgetc),
	SHIM(getc_unlocked, guest_fgetc),
	SHIM(__srget, guest_fgetc),
	SHIM(fputc, guest_fputc),
	SHIM(putc, guest_fputc),
	SHIM(putc_unlocked, guest_fputc),
	SHIM(__swbuf, guest_fputc),
	SHIM(ungetc, guest_ungetc),
	SHIM(fputs, guest_fputs),
	SHIM(fgets, guest_fgets),
	SHIM(getline, guest_getline),
	SHIM(getdelim, guest_getdelim),
	SHIM(fseek, guest_fseek),
	SHIM(fseeko, guest_fseek),
	SHIM(ftell, guest_ftell),
	SHIM(ftello, guest_ftell),
	SHIM(feof, guest_feof),
	SHIM(ferror, guest_ferror),
	SHIM(fileno, guest_fileno),
	SHIM(setvbuf, guest_setvbuf),
	SHIM(clearerr, guest_clearerr),
	SHIM(rewind, guest_rewind),
	SHIM(fgetpos, guest_fgetpos),
	SHIM(fsetpos, guest_fsetpos),
	SHIM(setbuf, guest_setbuf),
	SHIM(setlinebuf, guest_setlinebuf),
	SHIM(fpurge, guest_fpurge),
	SHIM(fgetln, guest_fgetln),
	SHIM(getchar, guest_getchar),
	SHIM(getchar_unlocked, guest_getchar),
	SHIM(putchar, guest_putchar),
	SHIM(putchar_unlocked, guest_putchar),
	SHIM(puts, guest_puts),
	SHIM(flockfile, guest_flockfile),
	SHIM(funlockfile, guest_funlockfile),
	SHIM_END,
};
