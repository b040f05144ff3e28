/* Regular expressions: another regex_t, 64-bit offsets, other error numbers. */
#include "guest.h"

#include <regex.h>
#include <stdlib.h>

TRANSLATION(compile_flags, DARWIN_REGEX_SHARED);
TRANSLATION(run_flags, DARWIN_REGEX_EXEC_SHARED);
TRANSLATION(errors, DARWIN_REGEX_ERROR_SHARED);

static int error_to_darwin(int host)
{
	return host == 0 ? 0 : TO_DARWIN(errors, host, DARWIN_REG_BADPAT);
}

static int guest_regcomp(struct darwin_regex *regex, const char *pattern, int flags)
{
	regex_t *host = malloc(sizeof(*host));
	int error;

	if (host == NULL)
		return DARWIN_REG_ESPACE;
	error = regcomp(host, pattern, BITS_FROM_DARWIN(compile_flags, flags));
	if (error != 0) {
		free(host);
		return error_to_darwin(error);
	}
	*regex = (struct darwin_regex){.nsub = host->re_nsub, .guts = host};
	return 0;
}

static int guest_regexec(const struct darwin_regex *regex, const char *text, size_t count,
	struct darwin_regmatch *matches, int flags)
{
	regmatch_t *host = calloc(count + 1, sizeof(*host));
	int error;

	if (host == NULL)
		return DARWIN_REG_ESPACE;
	error = regexec(regex->guts, text, count, host, BITS_FROM_DARWIN(run_flags, flags));
	for (size_t i = 0; i < count && error == 0; i++)
		matches[i] = (struct darwin_regmatch){host[i].rm_so, host[i].rm_eo};
	free(host);
	return error_to_darwin(error);
}

static void guest_regfree(struct darwin_regex *regex)
{
	if (regex->guts != NULL)
		regfree(regex->guts);
	free(regex->guts);
	regex->guts = NULL;
}

static size_t guest_regerror(int error, const struct darwin_regex *regex, char *to, size_t size)
{
	return regerror(FROM_DARWIN(errors, error, REG_BADPAT), regex != NULL ? regex->guts : NULL,
		to, size);
}

const struct shim shim_regex[] = {
	SHIM(regcomp, guest_regcomp),
	SHIM(regexec, guest_regexec),
	SHIM(regfree, guest_regfree),
	SHIM(regerror, guest_regerror),
	SHIM_END,
};
