/* Image references: the grammar of distribution/reference, Docker's normal form. */
#include "image_reference.h"

#include <string.h>

#include "message.h"
#include "oci_image.h"
#include "text.h"

enum { NAME_LIMIT = 255, TAG_LIMIT = 128, PIN_DIGITS = 12 };

#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGIT "0123456789"

static bool is_one_of(char c, const char *set)
{
	return c != '\0' && strchr(set, c) != NULL;
}

static bool consists_of(const char *text, const char *set)
{
	return text[strspn(text, set)] == '\0';
}

/* ---- the grammar's parts ---- */

/* path-component = alpha-numeric *( separator alpha-numeric ),
 * separator = "." / "_" / "__" / 1*"-" */
static bool is_path_component(const char *text, size_t length)
{
	size_t i = 0;
	for (;;) {
		size_t start = i;
		while (i < length && is_one_of(text[i], LOWER DIGIT))
			i++;
		if (i == start)
			return false;
		if (i == length)
			return true;
		if (text[i] == '-') {
			while (i < length && text[i] == '-')
				i++;
		} else if (text[i] == '.') {
			i++;
		} else if (text[i] == '_') {
			i += i + 1 < length && text[i + 1] == '_' ? 2 : 1;
		} else {
			return false;
		}
	}
}

/* A first component that cannot be part of a path on docker.io. */
static bool looks_like_domain(const char *component, size_t length)
{
	size_t plain = strcspn(component, ".:[" UPPER);
	return plain < length ||
	       (length == strlen("localhost") && strncmp(component, "localhost", length) == 0);
}

static bool is_path(const char *path)
{
	for (;;) {
		size_t length = strcspn(path, "/");
		if (!is_path_component(path, length))
			return false;
		path += length;
		if (!*path)
			return true;
		path++;
	}
}

/* domain-component = alpha-numeric, or with "-" inside */
static bool is_host(const char *host, size_t length)
{
	if (length >= 2 && host[0] == '[' && host[length - 1] == ']') {
		size_t inside = strspn(host + 1, DIGIT "abcdefABCDEF:");
		return inside > 0 && inside == length - 2;
	}
	for (size_t i = 0;;) {
		size_t start = i;
		while (i < length && is_one_of(host[i], LOWER UPPER DIGIT "-"))
			i++;
		if (i == start || host[start] == '-' || host[i - 1] == '-')
			return false;
		if (i == length)
			return true;
		if (host[i++] != '.')
			return false;
	}
}

static bool is_domain(const char *domain)
{
	const char *host_end = domain[0] == '[' ? strchr(domain, ']') : strchr(domain, ':');
	if (domain[0] == '[') {
		if (!host_end)
			return false;
		host_end++;
	}
	if (!host_end)
		return is_host(domain, strlen(domain));
	if (!is_host(domain, (size_t)(host_end - domain)))
		return false;
	if (!*host_end)
		return true;
	return host_end[0] == ':' && host_end[1] && consists_of(host_end + 1, DIGIT);
}

static bool is_tag(const char *tag)
{
	return is_one_of(tag[0], LOWER UPPER DIGIT "_") && strlen(tag) <= TAG_LIMIT &&
	       consists_of(tag, LOWER UPPER DIGIT "_.-");
}

/* ---- parsing ---- */

static int refuse(const char *text, const char *why, struct err *err)
{
	AUTO_TEXT shown = TEXT_INIT;
	text_add_printable(&shown, text, strlen(text));
	return err_set(err, CODE_INPUT, "image reference \"%s\": %s", shown.bytes, why);
}

static const char *lower_case(const char *text, struct arena *arena)
{
	char *copy = arena_strdup(arena, text);
	for (char *c = copy; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	return copy;
}

static int split_domain(const char *text, char *name, struct arena *arena,
	struct image_reference *out, struct err *err)
{
	char *slash = strchr(name, '/');
	const char *domain = "docker.io", *path = name;
	if (slash) {
		*slash = '\0';
		if (looks_like_domain(name, strlen(name))) {
			domain = name;
			path = slash + 1;
		} else {
			*slash = '/';
		}
	}
	if (!is_domain(domain))
		return refuse(text, T("the registry's name is malformed"), err);
	if (strcmp(domain, "index.docker.io") == 0)
		domain = "docker.io";
	if (!is_path(path)) {
		if (is_path(lower_case(path, arena)))
			return refuse(text, T("the repository must be in lower case"), err);
		return refuse(text, T("the repository's name is malformed"), err);
	}
	if (strcmp(domain, "docker.io") == 0 && !strchr(path, '/'))
		path = arena_printf(arena, "library/%s", path);
	if (strlen(domain) + 1 + strlen(path) > NAME_LIMIT)
		return refuse(text, T("the name is longer than 255 characters"), err);
	out->domain = domain;
	out->path = path;
	return 0;
}

int image_reference_parse(
	const char *text, struct arena *arena, struct image_reference *out, struct err *err)
{
	*out = (struct image_reference){0};
	if (!*text)
		return refuse(text, T("it is empty"), err);
	char *name = arena_strdup(arena, text);
	char *at = strchr(name, '@');
	if (at) {
		*at = '\0';
		out->digest = at + 1;
		if (!oci_digest_is_valid(out->digest))
			return refuse(text,
				T("the digest must be sha256: and 64 lower-case hex digits"), err);
	}
	char *last = strrchr(name, '/');
	char *colon = strchr(last ? last : name, ':');
	if (colon) {
		*colon = '\0';
		out->tag = colon + 1;
		if (!is_tag(out->tag))
			return refuse(text, T("the tag is malformed"), err);
	}
	if (strlen(name) == 64 && consists_of(name, DIGIT "abcdef")) {
		refuse(text, T("64 hex digits are an image id, not a name"), err);
		return err_hint(err, "Give the image a name with `docker tag` and use that.");
	}
	out->tag_given = out->tag != NULL;
	if (!out->tag && !out->digest)
		out->tag = "latest";
	return split_domain(text, name, arena, out, err);
}

/* ---- texts ---- */

const char *image_reference_repository(const struct image_reference *ref, struct arena *arena)
{
	return arena_printf(arena, "%s/%s", ref->domain, ref->path);
}

static const char *with_tag_and_digest(
	const struct image_reference *ref, const char *name, struct arena *arena)
{
	return arena_printf(arena, "%s%s%s%s%s", name, ref->tag ? ":" : "",
		ref->tag ? ref->tag : "", ref->digest ? "@" : "", ref->digest ? ref->digest : "");
}

const char *image_reference_text(const struct image_reference *ref, struct arena *arena)
{
	return with_tag_and_digest(ref, image_reference_repository(ref, arena), arena);
}

const char *image_reference_familiar(const struct image_reference *ref, struct arena *arena)
{
	const char *name = ref->path;
	const char *slash = strchr(name, '/');
	/* "docker.io/a.b/c" without its domain would be another image. */
	if (strcmp(ref->domain, "docker.io") != 0 ||
		(slash && looks_like_domain(name, (size_t)(slash - name))))
		name = image_reference_repository(ref, arena);
	else if (text_starts_with(name, "library/") && !strchr(name + strlen("library/"), '/'))
		name += strlen("library/");
	return with_tag_and_digest(ref, name, arena);
}

static bool same(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

bool image_reference_equal(const struct image_reference *a, const struct image_reference *b)
{
	return same(a->domain, b->domain) && same(a->path, b->path) && same(a->tag, b->tag) &&
	       same(a->digest, b->digest);
}

const char *image_reference_private_tag(
	const struct image_reference *ref, const char *pin, struct arena *arena)
{
	BUG_ON(!oci_digest_is_valid(pin));
	const char *tag = ref->tag ? ref->tag : "pinned";
	return arena_printf(arena, "%s/%s:%.*s-%.*s", ref->domain, ref->path,
		TAG_LIMIT - 1 - PIN_DIGITS, tag, PIN_DIGITS, pin + strlen("sha256:"));
}
