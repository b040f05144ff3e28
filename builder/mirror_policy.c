/* Rules of mirrors -> sources of an image. */
#include "mirror_policy.h"

#include <string.h>

#include "text.h"

#define DOCKER_HUB "docker.io"
#define DOCKER_HUB_HOST "registry-1.docker.io" /* where its API answers */

/* ---- rules ---- */

/* A place, taken apart. */
struct place {
	bool plain;
	const char *host;
	const char *path; /* "", "prefix", or a template */
	const char *tag;  /* of a template, or NULL */
	bool template;
};

static struct place split_place(const char *text, struct arena *arena)
{
	struct place place = {.path = ""};
	if (text_starts_with(text, "http://")) {
		place.plain = true;
		text += strlen("http://");
	} else if (text_starts_with(text, "https://")) {
		text += strlen("https://");
	}
	char *host = arena_strdup(arena, text);
	char *slash = strchr(host, '/');
	place.host = host;
	if (!slash)
		return place;
	*slash = '\0';
	char *path = slash + 1;
	for (size_t n = strlen(path); n > 0 && path[n - 1] == '/';)
		path[--n] = '\0';
	place.path = path;
	place.template = strchr(path, '{') != NULL;
	char *last = strrchr(path, '/');
	char *colon = strchr(last ? last : path, ':');
	/* {repo:short} has a colon of its own. */
	while (colon && text_starts_with(colon, ":short}"))
		colon = strchr(colon + 1, ':');
	if (colon) {
		*colon = '\0';
		place.tag = colon + 1;
	}
	return place;
}

/* Docker Hub has three names. */
static const char *normal_registry(const char *name)
{
	if (strcmp(name, "index.docker.io") == 0 || strcmp(name, DOCKER_HUB_HOST) == 0)
		return DOCKER_HUB;
	return name;
}

static const char *api_host(const char *registry)
{
	return strcmp(normal_registry(registry), DOCKER_HUB) == 0 ? DOCKER_HUB_HOST : registry;
}

/* "library/postgres" -> "postgres": what has a second component keeps it. */
static const char *short_repository(const char *repository)
{
	return text_starts_with(repository, "library/") ? repository + strlen("library/")
							: repository;
}

struct values {
	const char *registry, *repository, *tag, *os, *architecture;
};

/* The value of the placeholder that text begins with ("{repo}…"), NULL when it has none. *length
 * is that of the placeholder, 0 when there is no such one. */
static const char *placeholder(const char *text, const struct values *values, size_t *length)
{
	const struct {
		const char *name, *value;
	} all[] = {
		{"{repo}", values->repository},
		{"{repo:short}", short_repository(values->repository)},
		{"{registry}", values->registry},
		{"{tag}", values->tag},
		{"{os}", values->os},
		{"{arch}", values->architecture},
	};
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		if (!text_starts_with(text, all[i].name))
			continue;
		*length = strlen(all[i].name);
		return all[i].value;
	}
	*length = 0;
	return NULL;
}

/* NULL when a placeholder is unknown or has no value. */
static const char *expand(const char *pattern, const struct values *values, struct arena *arena)
{
	AUTO_TEXT out = TEXT_INIT;
	while (*pattern) {
		size_t length = strcspn(pattern, "{");
		text_add_bytes(&out, pattern, length);
		pattern += length;
		if (!*pattern)
			break;
		const char *value = placeholder(pattern, values, &length);
		if (!value)
			return NULL;
		text_add(&out, value);
		pattern += length;
	}
	return arena_strdup(arena, out.bytes);
}

/* Is this what a reference's registry, repository and tag may be? The grammar is image_reference's
 * own; its error says what is wrong. */
static int check_name(
	const char *host, const char *path, const char *tag, struct arena *arena, struct err *err)
{
	struct image_reference reference;
	const char *text =
		arena_printf(arena, "%s/%s%s%s", host, path, tag ? ":" : "", tag ? tag : "");
	if (image_reference_parse(text, arena, &reference, err) < 0)
		return -1;
	if (strcmp(reference.domain, strcmp(host, "index.docker.io") == 0 ? DOCKER_HUB : host) != 0)
		return err_set(
			err, CODE_INPUT, "%s is no host: it has neither a dot nor a port", host);
	return 0;
}

static const char *unknown_placeholder(const char *pattern, const struct values *values)
{
	size_t length;
	while (pattern && (pattern = strchr(pattern, '{'))) {
		if (!placeholder(pattern, values, &length))
			return pattern;
		pattern += length;
	}
	return NULL;
}

static int check_place(
	const struct place *place, const char *registry, struct arena *arena, struct err *err)
{
	const struct values sample = {registry, "library/postgres", "17", "linux", "arm64"};
	const char *path = place->template ? place->path
					   : arena_printf(arena, "%s%sx", place->path,
						     *place->path ? "/" : "");
	const char *unknown = unknown_placeholder(path, &sample);
	if (!unknown)
		unknown = unknown_placeholder(place->tag, &sample);
	if (unknown)
		return err_set(err, CODE_INPUT, "unknown placeholder: %s", unknown);
	if (place->template && !strstr(path, "{repo}") && !strstr(path, "{repo:short}"))
		return err_set(err, CODE_INPUT, "a template needs {repo} or {repo:short}");
	if (place->tag && !strstr(place->tag, "{tag}"))
		return err_set(err, CODE_INPUT, "a tag in a template needs {tag}");
	return check_name(place->host, expand(path, &sample, arena),
		place->tag ? expand(place->tag, &sample, arena) : NULL, arena, err);
}

int mirror_policy_add_rule(struct mirror_policy *policy, struct arena *arena, const char *registry,
	const char *place, const char *from, struct err *err)
{
	if (strchr(place, '@')) { /* not shown: it may be a password */
		err_set(err, CODE_USAGE, "%s: a mirror of %s has an @ in its address", from,
			registry);
		return err_hint(err,
			"A login does not belong there: `docker login HOST` keeps it in "
			"config.json, which is read.");
	}
	registry = normal_registry(registry);
	struct place parts = split_place(place, arena);
	if (check_name(registry, "x", NULL, arena, err) < 0 ||
		check_place(&parts, registry, arena, err) < 0) {
		err->code = CODE_USAGE;
		err_wrap(err, "%s: the mirror %s=%s", from, registry, place);
		return err_hint(err, "Write REGISTRY=HOST, REGISTRY=HOST/PREFIX or a template: "
				     "ghcr.io=mirror.example/ghcr/{repo}:{tag}");
	}
	struct mirror_rule *rule =
		ARENA_PUSH(arena, policy->rules, policy->count, policy->capacity);
	*rule = (struct mirror_rule){
		.registry = arena_strdup(arena, registry),
		.place = arena_strdup(arena, place),
		.from = from,
	};
	return 0;
}

int mirror_policy_add(struct mirror_policy *policy, struct arena *arena, const char *text,
	const char *from, struct err *err)
{
	const char *equals = strchr(text, '=');
	if (!equals) {
		err_set(err, CODE_USAGE, "%s: %s is not REGISTRY=PLACE", from, text);
		return err_hint(err, "For example: docker.io=mirror.example");
	}
	return mirror_policy_add_rule(policy, arena,
		arena_strndup(arena, text, (size_t)(equals - text)), equals + 1, from, err);
}

int mirror_policy_add_list(struct mirror_policy *policy, struct arena *arena, const char *text,
	const char *from, struct err *err)
{
	static const char between[] = ", \t\n";
	for (;;) {
		text += strspn(text, between);
		size_t length = strcspn(text, between);
		if (length == 0)
			return 0;
		if (mirror_policy_add(
			    policy, arena, arena_strndup(arena, text, length), from, err) < 0)
			return -1;
		text += length;
	}
}

void mirror_policy_append(
	struct mirror_policy *policy, struct arena *arena, const struct mirror_policy *other)
{
	for (size_t i = 0; i < other->count; i++)
		*ARENA_PUSH(arena, policy->rules, policy->count, policy->capacity) =
			other->rules[i];
}

bool mirror_policy_plain_host(
	const struct mirror_policy *policy, size_t *next, struct arena *arena, const char **host)
{
	while (*next < policy->count) {
		struct place place = split_place(policy->rules[(*next)++].place, arena);
		*host = api_host(place.host);
		if (place.plain)
			return true;
	}
	return false;
}

/* ---- sources ---- */

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && strcmp(a, b) == 0);
}

static bool same_source(const struct image_source *a, const struct image_source *b)
{
	return strcmp(a->host, b->host) == 0 && strcmp(a->repository, b->repository) == 0 &&
	       same_text(a->tag, b->tag) && a->plain == b->plain;
}

/* What a rule makes of a reference; false: nothing. */
static bool source_of(const struct mirror_rule *rule, const struct values *values,
	struct arena *arena, struct image_source *out)
{
	struct place place = split_place(rule->place, arena);
	*out = (struct image_source){
		.host = api_host(place.host),
		.tag = values->tag,
		.name = rule->place,
		.plain = place.plain,
		.by_tag_only = (place.tag || strstr(place.path, "{tag}")) != 0,
	};
	if (place.template)
		out->repository = expand(place.path, values, arena);
	else
		out->repository = arena_printf(
			arena, "%s%s%s", place.path, *place.path ? "/" : "", values->repository);
	if (!out->repository)
		return false;
	if (!place.tag || !values->tag)
		return true;
	out->tag = expand(place.tag, values, arena);
	return out->tag != NULL;
}

void mirror_policy_sources(const struct mirror_policy *policy,
	const struct image_reference *reference, const struct oci_platform *platform,
	struct arena *arena, struct image_source **out, size_t *count)
{
	const struct values values = {
		.registry = reference->domain,
		.repository = reference->path,
		.tag = reference->tag,
		.os = platform ? platform->os : NULL,
		.architecture = platform ? platform->architecture : NULL,
	};
	const struct image_source origin = {
		.host = api_host(reference->domain),
		.repository = reference->path,
		.tag = reference->tag,
		.name = reference->domain,
		.origin = true,
	};
	*out = arena_alloc(arena, (policy->count + 1) * sizeof(**out));
	*count = 0;
	for (size_t i = 0; i < policy->count; i++) {
		struct image_source *source = &(*out)[*count];
		if (strcmp(policy->rules[i].registry, normal_registry(reference->domain)) != 0 ||
			!source_of(&policy->rules[i], &values, arena, source))
			continue;
		bool known = same_source(source, &origin);
		for (size_t j = 0; j < *count && !known; j++)
			known = same_source(source, &(*out)[j]);
		*count += !known;
	}
	(*out)[(*count)++] = origin;
}

void mirror_policy_urls(const struct mirror_policy *policy, const char *url, struct arena *arena,
	const char ***out, size_t *count)
{
	const char *scheme_end = strstr(url, "://");
	const char *host = scheme_end ? scheme_end + strlen("://") : url;
	size_t host_length = strcspn(host, "/?#");
	*out = arena_alloc(arena, (policy->count + 1) * sizeof(**out));
	*count = 0;
	for (size_t i = 0; i < policy->count; i++) {
		const struct mirror_rule *rule = &policy->rules[i];
		if (strlen(rule->registry) != host_length ||
			strncmp(rule->registry, host, host_length) != 0)
			continue;
		struct place place = split_place(rule->place, arena);
		if (place.template)
			continue;
		const char *made =
			arena_printf(arena, "%s://%s%s%s%s", place.plain ? "http" : "https",
				place.host, *place.path ? "/" : "", place.path, host + host_length);
		bool known = strcmp(made, url) == 0;
		for (size_t j = 0; j < *count && !known; j++)
			known = strcmp(made, (*out)[j]) == 0;
		if (!known)
			(*out)[(*count)++] = made;
	}
	(*out)[(*count)++] = url;
}
