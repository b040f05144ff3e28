/* Where a passphrase comes from. */
#include "passphrase.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "mbedtls/platform_util.h"

#include "arena.h"
#include "message.h"

static const char variable[] = PASSPHRASE_VARIABLE;

void passphrase_clear(struct passphrase *passphrase)
{
	mbedtls_platform_zeroize(passphrase, sizeof(*passphrase));
}

/* The first line; a file of one has an end of line, or none. */
static int from_file(struct passphrase *out, const char *path, struct err *err)
{
	size_t length = 0;
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set_errno(err, CODE_INPUT, "open %s", path);
	for (ssize_t got; length < sizeof(out->text); length += (size_t)got) {
		got = read(fd, out->text + length, sizeof(out->text) - length);
		if (got < 0)
			return err_set_errno(err, CODE_INPUT, "read %s", path);
		if (got == 0)
			break;
	}
	char *end = memchr(out->text, '\n', length);
	if (!end && length == sizeof(out->text))
		return err_set(err, CODE_INPUT, "the passphrase in %s is longer than %zu bytes",
			path, sizeof(out->text) - 1);
	length = end ? (size_t)(end - out->text) : length;
	if (length && out->text[length - 1] == '\r')
		length--;
	out->text[length] = '\0';
	return length && strlen(out->text) == length
		       ? 0
		       : err_set(err, CODE_INPUT, "%s holds no passphrase", path);
}

static int from_variable(struct passphrase *out, char *value, struct err *err)
{
	size_t length = strlen(value);
	if (length >= sizeof(out->text))
		return err_set(err, CODE_INPUT, "the passphrase in %s is longer than %zu bytes",
			variable, sizeof(out->text) - 1);
	memcpy(out->text, value, length + 1);
	mbedtls_platform_zeroize(value, length);
	unsetenv(variable);
	return 0;
}

/* *found false: only a person could tell it. */
static int without_asking(struct passphrase *out, const struct passphrase_source *source,
	bool *found, struct err *err)
{
	char *value = getenv(variable);
	*found = true;
	if (source->file)
		return from_file(out, source->file, err);
	if (value && *value)
		return from_variable(out, value, err);
	*found = false;
	return 0;
}

int passphrase_get(struct passphrase *out, const struct passphrase_source *source, const char *key,
	struct err *err)
{
	bool found;
	if (without_asking(out, source, &found, err) < 0)
		return -1;
	if (found)
		return 0;
	if (!ui_can_ask(source->ui)) {
		err_set(err, CODE_USAGE,
			"the key %s has a passphrase, and nobody can be asked here", key);
		return err_hint(err, "say --passphrase-file FILE, or set HARDTACK_KEY_PASSPHRASE");
	}
	AUTO_FREE char *question = xprintf(T("Passphrase of %s"), key);
	return ui_ask(source->ui, question, NULL, true, out->text, sizeof(out->text), err);
}

int passphrase_choose(
	struct passphrase *out, const struct passphrase_source *source, struct err *err)
{
	AUTO_PASSPHRASE again = {0};
	struct ui *ui = source->ui;
	bool found;
	if (without_asking(out, source, &found, err) < 0)
		return -1;
	if (found || !ui_can_ask(ui))
		return 0;
	for (;;) {
		if (ui_ask(ui, T("A passphrase for the new key (Enter: none)"), NULL, true,
			    out->text, sizeof(out->text), err) < 0)
			return -1;
		if (!*out->text)
			return 0;
		if (ui_ask(ui, T("The same once more"), NULL, true, again.text, sizeof(again.text),
			    err) < 0)
			return -1;
		if (strcmp(out->text, again.text) == 0)
			return 0;
		ui_warning(ui, NULL, "%s", T("The two differ: once more from the beginning."));
	}
}
