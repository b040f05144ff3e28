/* Package URLs. */
#include "purl.h"

#include <string.h>

#include "image_reference.h"
#include "percent_encoding.h"
#include "text.h"

/* Percent-encodes what the specification does not let stand; spared are extra characters that may.
 */
static void add_encoded(struct text *out, const char *bytes, size_t length, const char *spared)
{
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)bytes[i];
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
			     (c >= 'a' && c <= 'z') || (c && strchr(".-_~", c)) ||
			     (c && strchr(spared, c));
		if (plain)
			text_add_bytes(out, bytes + i, 1);
		else
			text_addf(out, "%%%02X", c);
	}
}

static void add_word(struct text *out, const char *word)
{
	add_encoded(out, word, strlen(word), "");
}

static const char *keep(struct text *text, struct arena *arena)
{
	return arena_strndup(arena, text->bytes, text->length);
}

const char *purl_of_image(
	const char *reference, const char *pin, const char *architecture, struct arena *arena)
{
	struct image_reference parsed;
	struct err err = ERR_INIT;
	AUTO_TEXT out = TEXT_INIT;
	if (image_reference_parse(reference, arena, &parsed, &err) < 0)
		return NULL;
	const char *slash = strrchr(parsed.path, '/');
	const char *repository = image_reference_repository(&parsed, arena);
	text_add(&out, "pkg:oci/");
	add_word(&out, slash ? slash + 1 : parsed.path);
	text_add(&out, "@");
	add_word(&out, pin);
	text_add(&out, "?arch=");
	add_word(&out, architecture);
	text_add(&out, "&repository_url=");
	add_encoded(&out, repository, strlen(repository), "/:");
	if (parsed.tag) {
		text_add(&out, "&tag=");
		add_word(&out, parsed.tag);
	}
	return keep(&out, arena);
}

/* NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl; the name is normalised (PEP 503). */
static const char *purl_of_wheel(const char *name, struct arena *arena)
{
	const char *dash = strchr(name, '-'), *end = dash ? strchr(dash + 1, '-') : NULL;
	AUTO_TEXT out = TEXT_INIT;
	if (!end || dash == name || end == dash + 1)
		return NULL;
	text_add(&out, "pkg:pypi/");
	for (const char *at = name; at < dash; at++) {
		char c = *at == '_' || *at == '.' ? '-' : *at;
		c = c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
		add_encoded(&out, &c, 1, "");
	}
	text_add(&out, "@");
	add_encoded(&out, dash + 1, (size_t)(end - dash - 1), "");
	return keep(&out, arena);
}

/* …/NAME/-/NAME-VERSION.tgz, where a name may have a scope: …/@SCOPE/NAME/-/NAME-VERSION.tgz */
static const char *purl_of_npm(const char *path, const char *file, struct arena *arena)
{
	const char *separator = strstr(path, "/-/");
	if (!separator || separator + 3 != file)
		return NULL;
	char *folder = arena_strndup(arena, path, (size_t)(separator - path));
	char *name = strrchr(folder, '/');
	if (!name)
		return NULL;
	*name++ = '\0';
	size_t length = strlen(name), rest = strlen(file) - strlen(".tgz");
	if (length == 0 || rest <= length + 1 || strncmp(file, name, length) != 0 ||
		file[length] != '-')
		return NULL;
	const char *scope = strrchr(folder, '/') ? strrchr(folder, '/') + 1 : folder;
	AUTO_TEXT out = TEXT_INIT;
	text_add(&out, "pkg:npm/");
	if (scope[0] == '@') {
		add_word(&out, scope);
		text_add(&out, "/");
	}
	add_word(&out, name);
	text_add(&out, "@");
	add_encoded(&out, file + length + 1, rest - length - 1, "");
	return keep(&out, arena);
}

const char *purl_of_download(const char *url, struct arena *arena)
{
	const char *path = strstr(url, "://");
	if (!path)
		return NULL;
	path = percent_decode(path + 3, strcspn(path + 3, "?#"), arena, NULL);
	const char *file = strrchr(path, '/');
	if (!file)
		return NULL;
	file++;
	if (text_ends_with(file, ".whl"))
		return purl_of_wheel(file, arena);
	return text_ends_with(file, ".tgz") ? purl_of_npm(path, file, arena) : NULL;
}

const char *purl_generic(const char *name, const char *version, struct arena *arena)
{
	AUTO_TEXT out = TEXT_INIT;
	text_add(&out, "pkg:generic/");
	add_word(&out, name);
	text_add(&out, "@");
	add_word(&out, version);
	return keep(&out, arena);
}
