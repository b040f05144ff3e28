/* The verbs and options of `hardtack` as tables. */
#include "options.h"

#define FIELD(member) offsetof(struct options, member)

static const struct option_row common[] = {
	OPTION_UI_ROWS(offsetof(struct options, ui)),
	{0},
};

/* What the images are for. */
#define PLATFORM_ROWS                                                                \
	{0, "target", "TARGET", OPTION_LIST, FIELD(targets), NULL,                   \
		"darwin-arm64 (default), linux-arm64 or linux-amd64 (repeatable)"},  \
	{                                                                            \
		0, "platform", "[SERVICE=]OS/ARCH", OPTION_LIST, FIELD(platforms),   \
			NULL,                                                        \
			"platform of the images, instead of the target's own "       \
			"(repeatable)"                                               \
	}

#define PROJECT_ROWS                                                                          \
	{0, "name", "NAME", OPTION_TEXT, FIELD(name), NULL, "name of the project"},           \
		{0, "env-file", "FILE", OPTION_TEXT, FIELD(env_file), NULL,                   \
			"values for ${VARIABLES}, instead of .env beside the compose file"},  \
		{0, "profile", "NAME", OPTION_LIST, FIELD(profiles), NULL,                    \
			"pack and start this profile; without it the images of all profiles " \
			"travel"}

/* What every verb that may use the network understands. */
#define NETWORK_ROWS                                                                       \
	{0, "mirror", "REGISTRY=PLACE", OPTION_LIST, FIELD(mirrors), NULL,                 \
		"ask this place first for the registry's images: HOST, HOST/PREFIX or a "  \
		"template with {repo} and {tag} (repeatable)"},                            \
		{0, "ca", "FILE", OPTION_TEXT, FIELD(ca_file), NULL,                       \
			"trust these certificates (PEM) too"},                             \
		{0, "plain-http", "HOST[:PORT]", OPTION_LIST, FIELD(plain_http), NULL,     \
			"use http, not https, with this host (repeatable; not needed for " \
			"loopback)"},                                                      \
		{0, "limit-rate", "RATE", OPTION_TEXT, FIELD(limit_rate), NULL,            \
			"at most this many bytes a second in all: 500K, 2M, 1MiB"},        \
		{'j', "jobs", "N", OPTION_COUNT, FIELD(jobs), NULL,                       \
			"transfers at a time (default 4)"},                                \
		{0, "offline", NULL, OPTION_FLAG, FIELD(offline), NULL, "never use the network"}

#define PASSPHRASE_ROW                                                            \
	{                                                                         \
		0, "passphrase-file", "FILE", OPTION_TEXT, FIELD(passphrase_file), \
			NULL, "the key's passphrase is this file's first line"    \
	}

static const struct option_row build_rows[] = {
	{0, "image-archive", "[REF=]FILE", OPTION_LIST, FIELD(archives), NULL,
		"take images from a docker save archive or an OCI layout (repeatable)"},
	{0, "target", "TARGET", OPTION_LIST, FIELD(targets), NULL,
		"darwin-arm64 (default), linux-arm64 or linux-amd64 (repeatable)"},
	{'o', "output", "FILE|DIR/", OPTION_TEXT, FIELD(output), NULL,
		"where to write; a directory ends with / or exists"},
	{0, "platform", "[SERVICE=]OS/ARCH", OPTION_LIST, FIELD(platforms), NULL,
		"platform of the images, instead of the target's own (repeatable)"},
	PROJECT_ROWS,
	{0, "version-label", "VERSION", OPTION_TEXT, FIELD(version), NULL,
		"version of the application, part of the file's name"},
	{0, "pack-secrets", NULL, OPTION_FLAG, FIELD(pack_secrets), NULL,
		"let literal secrets of .env and env_file travel in the file"},
	{0, "sign", "KEY.pem", OPTION_TEXT, FIELD(sign), NULL,
		"sign with this private key: the manifest inside, and FILE.sig over the file"},
	PASSPHRASE_ROW,
	NETWORK_ROWS,
	{0, "sbom", "spdx", OPTION_CHOICE, FIELD(sbom), "spdx",
		"write a software bill of materials beside the file: FILE.spdx.json"},
	{0, "strict", NULL, OPTION_FLAG, FIELD(strict), NULL, "warnings of lint stop the build"},
	{0, "verify-against", "FILE", OPTION_TEXT, FIELD(verify_against), NULL,
		"build again from the lock, write nothing, and say whether FILE is the same"},
	{0},
};

static const struct option_row lint_rows[] = {
	PROJECT_ROWS,
	{0, "pack-secrets", NULL, OPTION_FLAG, FIELD(pack_secrets), NULL,
		"let literal secrets of .env and env_file travel in the file"},
	{0, "strict", NULL, OPTION_FLAG, FIELD(strict), NULL, "exit 3 on warnings too"},
	{0},
};

static const struct option_row init_rows[] = {
	{0, "from", "FILE", OPTION_TEXT, FIELD(from), NULL, "the compose file to start from"},
	{0, "name", "NAME", OPTION_TEXT, FIELD(name), NULL, "name of the project"},
	{0},
};

static const struct option_row lock_rows[] = {
	{0, "update", NULL, OPTION_FLAG, FIELD(update), NULL,
		"move pins to what the tags mean now: of the images named, else all"},
	PLATFORM_ROWS,
	PROJECT_ROWS,
	NETWORK_ROWS,
	{0},
};

static const struct option_row mirrors_rows[] = {
	PLATFORM_ROWS,
	PROJECT_ROWS,
	NETWORK_ROWS,
	{0},
};

static const struct option_row fetch_rows[] = {
	{0, "image-archive", "[REF=]FILE", OPTION_LIST, FIELD(archives), NULL,
		"take images from a docker save archive or an OCI layout (repeatable)"},
	PLATFORM_ROWS,
	PROJECT_ROWS,
	NETWORK_ROWS,
	{0, "dry-run", NULL, OPTION_FLAG, FIELD(dry_run), NULL,
		"say what would be done, and end"},
	{0},
};

static const struct option_row cache_rows[] = {
	{0, "keep", "LOCK", OPTION_LIST, FIELD(keep), NULL,
		"gc: keep what this hardtack.lock names (repeatable); alone: remove the rest"},
	{0, "older-than", "DAYS", OPTION_NUMBER, FIELD(older_than), NULL,
		"gc: remove what was not used for so many days (30 when nothing else is said)"},
	{0, "max-size", "SIZE", OPTION_TEXT, FIELD(max_size), NULL,
		"gc: remove the longest unused until the cache is no larger: 500M, 8GiB"},
	{0, "dry-run", NULL, OPTION_FLAG, FIELD(dry_run), NULL,
		"say what would be done, and end"},
	{0},
};

static const struct option_row inspect_rows[] = {
	{0, "all", NULL, OPTION_FLAG, FIELD(all), NULL,
		"every service, file, image and layer, however many there are"},
	{0, "sbom", "spdx", OPTION_CHOICE, FIELD(sbom), "spdx",
		"check every byte, then print a software bill of materials (SPDX 2.3, JSON)"},
	{0},
};

static const struct option_row keygen_rows[] = {PASSPHRASE_ROW, {0}};

static const struct option_row sign_rows[] = {
	{0, "key", "KEY.pem", OPTION_TEXT, FIELD(key), NULL, "the private key to sign with"},
	PASSPHRASE_ROW,
	{0},
};

static const struct option_row verify_rows[] = {
	{0, "key", "PUB.pem", OPTION_TEXT, FIELD(key), NULL,
		"accept only what the owner of this public key signed"},
	{0},
};

static const struct option_row version_rows[] = {
	{0, "licenses", NULL, OPTION_FLAG, FIELD(licenses), NULL,
		"the libraries in this program, with their licences"},
	{0},
};

typedef int verb_function(struct verb *verb, struct err *err);

/* In the order of verbs[]: the tag is the index. */
static verb_function *const functions[] = {
	verb_build,
	verb_lint,
	verb_init,
	verb_inspect,
	verb_verify,
	verb_extract,
	verb_version,
	verb_lock,
	verb_mirrors,
	verb_fetch,
	verb_cache,
	verb_keygen,
	verb_sign,
};

static const struct option_verb verbs[] = {
	{"build", "[PROJECT]", 0, 1, build_rows,
		"pack a compose file or project directory into an installer", 0},
	{"lint", "[PROJECT]", 0, 1, lint_rows,
		"say what will bite on the target, and what to write instead", 1},
	{"init", "DIR", 1, 1, init_rows, "make a project directory from a compose file", 2},
	{"lock", "[PROJECT] [IMAGE...]", 0, -1, lock_rows,
		"resolve every image of a project to digests: hardtack.lock", 7},
	{"mirrors", "test [PROJECT]", 1, 2, mirrors_rows,
		"show what each source of the project's images has, and how quick it is", 8},
	{"fetch", "[PROJECT]", 0, 1, fetch_rows,
		"get every image and file of the project into the cache", 9},
	{"inspect", "FILE", 1, 1, inspect_rows, "show what is in an installer", 3},
	{"verify", "FILE", 1, 1, verify_rows, "check every byte of an installer, and who signed it",
		4},
	{"extract", "FILE DIR", 2, 2, NULL, "unpack an installer's payload into a directory", 5},
	{"cache", "ls|gc|verify", 1, 1, cache_rows,
		"list the cache, make room in it, or check every byte of it", 10},
	{"keygen", "KEY.pem", 1, 1, keygen_rows, "make a key to sign installers with", 11},
	{"sign", "FILE", 1, 1, sign_rows,
		"write FILE.sig and FILE.sha256, again after Apple's tools signed", 12},
	{"version", NULL, 0, 0, version_rows, "show the version of this program", 6},
	{0},
};

const struct option_program options_program = {
	.name = "hardtack",
	.title = "Packs a docker compose project into one file that installs it offline.",
	.common = common,
	.verbs = verbs,
};

int options_run(const struct option_verb *row, struct verb *verb, struct err *err)
{
	return functions[row->tag](verb, err);
}
