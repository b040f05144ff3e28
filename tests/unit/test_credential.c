/* Docker's config.json: which login a host gets. */
#include "check.h"

#include <stdlib.h>

#include "credential.h"
#include "file_io.h"

static void write_config(const char *text)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_write_all("config.json", text, strlen(text), 0600, &err));
}

static void write_helper(const char *name, const char *script)
{
	struct err err = ERR_INIT;
	CHECK_OK(file_write_all(name, script, strlen(script), 0755, &err));
}

static struct credential_store *open_store(void)
{
	struct err err = ERR_INIT;
	struct credential_store *store = NULL;
	CHECK_OK(credential_store_open(&store, ".", &err));
	return store;
}

static int notices;

static void count_notice(void *context, const char *text)
{
	(void)text;
	(void)context;
	notices++;
}

TEST(a_missing_config_is_an_empty_store)
{
	AUTO(credential_store) store = open_store();
	CHECK(credential_find(store, "ghcr.io") == NULL);
	CHECK_STR(credential_store_path(store), "./config.json");
}

TEST(auth_is_user_and_password_and_the_password_may_have_colons)
{
	write_config("{\"auths\":{\"ghcr.io\":{\"auth\":\"bWU6cDphOnNz\"},"
		     "\"plain.example\":{\"username\":\"u\",\"password\":\"p\"},"
		     "\"token.example:5000\":{\"identitytoken\":\"t\"},"
		     "\"r.example\":{\"registrytoken\":\"rt\"}},\"HttpHeaders\":{\"x\":\"y\"}}");
	AUTO(credential_store) store = open_store();
	const struct credential *found = credential_find(store, "ghcr.io");
	CHECK(found != NULL);
	if (!found)
		return;
	CHECK_STR(found->username, "me");
	CHECK_STR(found->password, "p:a:ss");
	CHECK_STR(found->from, "./config.json");
	CHECK(credential_find(store, "ghcr.io") == found);
	CHECK_STR(credential_find(store, "plain.example")->password, "p");
	CHECK_STR(credential_find(store, "token.example:5000")->identity_token, "t");
	CHECK_STR(credential_find(store, "r.example")->registry_token, "rt");
	CHECK(credential_find(store, "token.example") == NULL);
	CHECK(credential_find(store, "hcr.io") == NULL);
}

TEST(entries_without_a_login_are_none)
{
	write_config("{\"auths\":{\"a\":{},\"b\":{\"auth\":\"\"},\"c\":{\"auth\":\"no base64!\"},"
		     "\"d\":{\"auth\":\"bm9jb2xvbg==\"},\"e\":{\"username\":\"u\"},\"f\":7,"
		     "\"g\":{\"auth\":{\"x\":1}}},\"credsStore\":\"\"}");
	AUTO(credential_store) store = open_store();
	for (const char *host = "abcdefg"; *host; host++)
		CHECK(credential_find(store, (const char[]){*host, '\0'}) == NULL);
}

TEST(docker_hub_is_found_under_its_old_name)
{
	write_config("{\"auths\":{\"https://index.docker.io/v1/\":{\"auth\":\"bWU6cHc=\"}}}");
	AUTO(credential_store) store = open_store();
	static const char *const names[] = {"docker.io", "index.docker.io", "registry-1.docker.io"};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct credential *found = credential_find(store, names[i]);
		CHECK(found && strcmp(found->password, "pw") == 0);
	}
	CHECK(credential_find(store, "mirror.docker.io.example") == NULL);
	CHECK_STR(credential_login_name("registry-1.docker.io"), "docker.io");
	CHECK_STR(credential_login_name("ghcr.io"), "ghcr.io");
}

TEST(helper_of_docker_hub_is_asked_for_its_old_name)
{
	char path[4096] = "", old[4096];
	struct err err = ERR_INIT;
	snprintf(old, sizeof(old), "%s", getenv("PATH"));
	CHECK(realpath(".", path) != NULL);
	setenv("PATH", path, 1);
	write_helper("docker-credential-t",
		"#!/bin/sh\nread -r server || :\n"
		"[ \"$server\" = https://index.docker.io/v1/ ] || exit 1\n"
		"echo '{\"Username\":\"me\",\"Secret\":\"pw\"}'\n");
	write_config("{\"credHelpers\":{\"https://index.docker.io/v1/\":\"t\"}}");
	AUTO(credential_store) store = open_store();
	const struct credential *found = credential_find(store, "registry-1.docker.io");
	CHECK(found && strcmp(found->username, "me") == 0);
	CHECK(found && strcmp(found->from, "docker-credential-t") == 0);

	/* A name with a slash is a path, which no helper has. */
	write_config("{\"credsStore\":\"../t\"}");
	AUTO(credential_store) other = NULL;
	CHECK_OK(credential_store_open(&other, ".", &err));
	credential_store_on_notice(other, count_notice, NULL);
	CHECK(credential_find(other, "a.example") == NULL);
	CHECK(credential_find(other, "a.example") == NULL);
	CHECK_INT(notices, 1);
	setenv("PATH", old, 1);
}

TEST(malformed_config_is_refused)
{
	static const char *const cases[] = {
		"", "[]x", "{\"auths\":[]}", "{\"credHelpers\":7}", "{\"credsStore\":{}}"};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = ERR_INIT;
		AUTO(credential_store) store = NULL;
		write_config(cases[i]);
		CHECK_FAILS(credential_store_open(&store, ".", &err), CODE_INPUT);
		CHECK_CONTAINS(err.text, "config.json");
	}
}
