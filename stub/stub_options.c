/* The table of the recipient's verbs and options. */
#include "stub_options.h"

#define AT(member) offsetof(struct stub_options, member)

#define ROW_DIR                                                                      \
	{                                                                            \
		0, "dir", "DIR", OPTION_TEXT, AT(directory), NULL,                   \
			"where it is installed (default: ~/hardtack/<project-name>)" \
	}
#define ROW_PROJECT                                                             \
	{                                                                       \
		0, "project-name", "NAME", OPTION_TEXT, AT(project_name), NULL, \
			"name of the compose project, to run two side by side"  \
	}
#define ROW_IGNORE                                                                          \
	{                                                                                   \
		0, "ignore-preflight", "NAME", OPTION_LIST, AT(ignore_preflight), NULL,     \
			"go on in spite of this finding (port, disk, platform, data …); " \
			"repeatable"                                                        \
	}
#define ROW_SET                                                                   \
	{                                                                         \
		0, "set", "K=V|K=@FILE", OPTION_LIST, AT(set), NULL,              \
			"a value for .env, or the file that holds it; repeatable" \
	}
#define ROW_YES                                                            \
	{                                                                  \
		'y', "yes", NULL, OPTION_FLAG, AT(yes), NULL, "do not ask" \
	}
#define ROW_TIMEOUT                                                          \
	{                                                                    \
		0, "timeout", "SECONDS", OPTION_NUMBER, AT(timeout_s), NULL, \
			"how long to wait until everything is healthy"       \
	}

#define ROW_BACKUP_TO                                                                         \
	{                                                                                     \
		0, "backup-to", "DIR", OPTION_TEXT, AT(backup_to), NULL,                      \
			"where the backup that is made first goes (default: backups/ beside)" \
	}

static const struct option_row common_rows[] = {
	OPTION_UI_ROWS(offsetof(struct stub_options, ui)),
	{0, "require-key", "PUB.pem", OPTION_TEXT, AT(require_key), NULL,
		"go on only if the owner of this public key signed this file"},
	{0},
};

static const struct option_row install_rows[] = {
	ROW_YES,
	ROW_DIR,
	ROW_SET,
	ROW_PROJECT,
	{0, "dry-run", NULL, OPTION_FLAG, AT(dry_run), NULL, "show the plan and change nothing"},
	{0, "erase-data", NULL, OPTION_FLAG, AT(erase_data), NULL,
		"delete the data of an earlier installation first, after a backup"},
	ROW_BACKUP_TO,
	ROW_IGNORE,
	ROW_TIMEOUT,
	{0, "fallback", "ask|auto|never", OPTION_TEXT, AT(fallback), NULL,
		"when it does not get to work: the file's next variant, if it has one"},
	{0},
};
static const struct option_row preflight_rows[] = {ROW_DIR, ROW_SET, ROW_PROJECT, ROW_IGNORE, {0}};
static const struct option_row load_rows[] = {
	{'o', "output", "-", OPTION_TEXT, AT(output), NULL,
		"write the `docker load` archive to stdout (-) or a file instead"},
	{0},
};
static const struct option_row place_rows[] = {ROW_DIR, ROW_PROJECT, {0}};
static const struct option_row credentials_rows[] = {
	ROW_DIR,
	ROW_PROJECT,
	{0, "show", NULL, OPTION_FLAG, AT(show), NULL,
		"show secrets although stdout is no terminal"},
	{0},
};
static const struct option_row start_rows[] = {ROW_DIR, ROW_PROJECT, ROW_TIMEOUT, {0}};
static const struct option_row logs_rows[] = {
	ROW_DIR,
	ROW_PROJECT,
	{'f', "follow", NULL, OPTION_FLAG, AT(follow), NULL, "go on as new lines come"},
	{0, "tail", "N", OPTION_TEXT, AT(tail), NULL, "only the last N lines"},
	{0},
};
static const struct option_row doctor_rows[] = {
	ROW_DIR,
	ROW_PROJECT,
	{0, "report", "FILE", OPTION_TEXT, AT(report), NULL,
		"write all of it into a tar for whoever helps; secrets masked"},
	{0},
};
static const struct option_row rollback_rows[] = {
	ROW_YES, ROW_DIR, ROW_PROJECT, ROW_BACKUP_TO, ROW_TIMEOUT, {0}};
static const struct option_row uninstall_rows[] = {
	ROW_YES,
	ROW_DIR,
	ROW_PROJECT,
	{0, "purge-data", NULL, OPTION_FLAG, AT(purge_data), NULL,
		"delete the data too, after a backup: volumes, .env and the directory"},
	ROW_BACKUP_TO,
	{0},
};

static const struct option_row version_rows[] = {
	{0, "licenses", NULL, OPTION_FLAG, AT(licenses), NULL,
		"the libraries in this program, with their licences"},
	{0},
};

static const struct option_row restore_rows[] = {
	ROW_YES,
	ROW_DIR,
	ROW_SET,
	ROW_PROJECT,
	ROW_BACKUP_TO,
	ROW_IGNORE,
	ROW_TIMEOUT,
	{0},
};

static const struct option_verb verbs[] = {
	{"install", NULL, 0, 0, install_rows,
		"check everything, load the images, start, wait until healthy; or upgrade",
		VERB_INSTALL},
	{"verify", NULL, 0, 0, NULL, "check every byte of this file", VERB_VERIFY},
	{"info", NULL, 0, 0, NULL, "what is in this file", VERB_INFO},
	{"preflight", NULL, 0, 0, preflight_rows, "would an installation work here?",
		VERB_PREFLIGHT},
	{"load", NULL, 0, 0, load_rows, "only load the images into Docker", VERB_LOAD},
	{"extract", "DIR", 1, 1, NULL, "unpack this file's contents into a directory",
		VERB_EXTRACT},
	{"status", NULL, 0, 0, place_rows, "how the services are", VERB_STATUS},
	{"start", NULL, 0, 0, start_rows, "start what was stopped", VERB_START},
	{"stop", NULL, 0, 0, place_rows, "stop the services; data stays", VERB_STOP},
	{"smoke", NULL, 0, 0, start_rows, "prove again that the application works", VERB_SMOKE},
	{"open", NULL, 0, 0, place_rows, "open its page in the browser", VERB_OPEN},
	{"logs", "[SERVICE…]", 0, -1, logs_rows, "what the services wrote", VERB_LOGS},
	{"doctor", NULL, 0, 0, doctor_rows, "what is wrong, why, and what to do", VERB_DOCTOR},
	{"credentials", NULL, 0, 0, credentials_rows,
		"addresses, logins and keys of the installation", VERB_CREDENTIALS},
	{"backup", "FILE", 1, 1, place_rows,
		"write data, settings and files into one file, and verify it", VERB_BACKUP},
	{"restore", "FILE", 1, 1, restore_rows,
		"put a backup back, here or, to move, on another machine", VERB_RESTORE},
	{"uninstall", NULL, 0, 0, uninstall_rows,
		"remove containers and images; data stays, unless --purge-data", VERB_UNINSTALL},
	{"rollback", NULL, 0, 0, rollback_rows, "go back from an upgrade that was interrupted",
		VERB_ROLLBACK},
	{"version", NULL, 0, 0, version_rows, "version of this file", VERB_VERSION},
	{0},
};

void stub_options_program(const char *name, struct option_program *program)
{
	*program = (struct option_program){
		.name = name, .common = common_rows, .verbs = verbs, .standard = &verbs[0]};
}
