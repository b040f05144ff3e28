/* Docker's config.json and the helpers that it names. */
#include "credential.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "child_process.h"
#include "credential_helper.h"
#include "file_io.h"
#include "interrupt.h"
#include "json.h"
#include "message.h"

enum { CONFIG_LIMIT = 1 << 20 };

static const char hub_key[] = "https://index.docker.io/v1/";
static const char *const hub_names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};

/* An answer that was found once; credential NULL: there is no login. */
struct known {
	const char *host;
	struct credential *credential;
};

struct credential_store {
	struct arena *arena;
	const char *path;
	struct json auths, helpers;
	const char *standard_helper; /* credsStore, or NULL */
	credential_notice *notice;
	void *notice_context;
	pthread_mutex_t lock; /* of what follows, and of the arena */
	struct known *known;
	size_t known_count, known_capacity;
};

static bool is_hub(const char *host)
{
	for (size_t i = 0; i < ARRAY_SIZE(hub_names); i++)
		if (strcmp(host, hub_names[i]) == 0)
			return true;
	return false;
}

const char *credential_login_name(const char *host)
{
	return is_hub(host) ? "docker.io" : host;
}

const char *credential_store_path(const struct credential_store *store)
{
	return store->path;
}

void credential_store_on_notice(
	struct credential_store *store, credential_notice *notice, void *context)
{
	store->notice = notice;
	store->notice_context = context;
}

/* ---- config.json ---- */

static const char *config_path(const char *directory, struct arena *arena)
{
	const char *home = getenv("HOME");
	if (!directory || !*directory)
		directory = getenv("DOCKER_CONFIG");
	if (directory && *directory)
		return arena_printf(arena, "%s/config.json", directory);
	return arena_printf(arena, "%s/.docker/config.json", home && *home ? home : "");
}

static int read_config(struct credential_store *store, struct err *err)
{
	char *bytes;
	size_t length;
	struct json root;
	if (access(store->path, F_OK) < 0 && (errno == ENOENT || errno == ENOTDIR))
		return 0;
	if (file_read_all(store->path, CONFIG_LIMIT, store->arena, &bytes, &length, err) < 0 ||
		json_parse(bytes, length, store->path, CONFIG_LIMIT, store->arena, &root, err) <
			0 ||
		json_get_object_or_none(root, "auths", &store->auths, err) < 0 ||
		json_get_object_or_none(root, "credHelpers", &store->helpers, err) < 0 ||
		json_get_string_or(root, "credsStore", NULL, &store->standard_helper, err) < 0) {
		err_hint(err, "Docker's logins are in this file; repair it, or name another folder "
			      "with DOCKER_CONFIG");
		return -1;
	}
	if (store->standard_helper && !*store->standard_helper)
		store->standard_helper = NULL;
	return 0;
}

int credential_store_open(struct credential_store **out, const char *directory, struct err *err)
{
	AUTO(credential_store) store = xmalloc(sizeof(*store));
	*store = (struct credential_store){.arena = arena_new()};
	pthread_mutex_init(&store->lock, NULL);
	store->path = config_path(directory, store->arena);
	if (read_config(store, err) < 0)
		return -1;
	*out = TAKE(store);
	return 0;
}

void credential_store_free(struct credential_store *store)
{
	if (!store)
		return;
	pthread_mutex_destroy(&store->lock);
	arena_free(store->arena);
	free(store);
}

/* ---- auths ---- */

/* "https://ghcr.io/v1/" and "ghcr.io" are one host: old versions of Docker wrote the first. */
static bool is_key_of(const char *key, const char *host)
{
	const char *begin = strstr(key, "://");
	begin = begin ? begin + 3 : key;
	size_t length = strcspn(begin, "/");
	return strlen(host) == length && strncmp(begin, host, length) == 0;
}

/* The entry of a host: under its exact name first. */
static struct json find_entry(struct json map, const char *host)
{
	const char *key;
	struct json value;
	struct json_iterator it;
	struct json exact = json_member(map, is_hub(host) ? hub_key : host);
	if (!json_is_absent(exact))
		return exact;
	it = json_items(map);
	while (json_next_member(&it, &key, &value)) {
		if (is_key_of(key, host))
			return value;
		for (size_t i = 0; is_hub(host) && i < ARRAY_SIZE(hub_names); i++)
			if (is_key_of(key, hub_names[i]))
				return value;
	}
	return (struct json){0};
}

static const char *text_of(struct json entry, const char *key)
{
	struct err ignored = ERR_INIT;
	const char *value = NULL;
	if (json_get_string_or(entry, key, NULL, &value, &ignored) < 0 || (value && !*value))
		return NULL;
	return value;
}

/* auth: base64 of "user:password"; the password may have colons. */
static void split_auth(struct credential *credential, const char *auth, struct arena *arena)
{
	size_t length;
	char *pair = auth ? base64_decode(auth, arena, &length) : NULL;
	char *colon = pair ? strchr(pair, ':') : NULL;
	if (!colon)
		return;
	*colon = '\0';
	credential->username = pair;
	credential->password = colon + 1;
}

static bool take_entry(struct credential_store *store, const char *host, struct credential *out)
{
	struct json entry = find_entry(store->auths, host);
	*out = (struct credential){.from = store->path};
	if (!json_is_object(entry))
		return false;
	split_auth(out, text_of(entry, "auth"), store->arena);
	if (!out->username) {
		out->username = text_of(entry, "username");
		out->password = text_of(entry, "password");
	}
	out->identity_token = text_of(entry, "identitytoken");
	out->registry_token = text_of(entry, "registrytoken");
	return (out->username && out->password) || out->identity_token || out->registry_token;
}

/* ---- helpers ---- */

static const char *helper_of(const struct credential_store *store, const char *host)
{
	struct err ignored = ERR_INIT;
	struct json entry = find_entry(store->helpers, host);
	const char *name;
	if (json_as_string(entry, &name, &ignored) == 0 && *name)
		return name;
	return store->standard_helper;
}

static bool ask_helper(struct credential_store *store, const char *host, struct credential *out)
{
	struct err err = ERR_INIT;
	const char *name = helper_of(store, host);
	bool found = false;
	if (!name)
		return false;
	if (credential_helper_get(
		    name, is_hub(host) ? hub_key : host, store->arena, out, &found, &err) == 0)
		return found;
	if (store->notice && !interrupt_pending())
		store->notice(store->notice_context, err.text);
	return false;
}

const struct credential *credential_find(struct credential_store *store, const char *host)
{
	struct credential found;
	struct credential *credential = NULL;
	pthread_mutex_lock(&store->lock);
	for (size_t i = 0; i < store->known_count; i++)
		if (strcmp(store->known[i].host, host) == 0) {
			credential = store->known[i].credential;
			pthread_mutex_unlock(&store->lock);
			return credential;
		}
	if (ask_helper(store, host, &found) || take_entry(store, host, &found)) {
		credential = ARENA_NEW(store->arena, struct credential);
		*credential = found;
	}
	*ARENA_PUSH(store->arena, store->known, store->known_count, store->known_capacity) =
		(struct known){arena_strdup(store->arena, host), credential};
	pthread_mutex_unlock(&store->lock);
	return credential;
}
