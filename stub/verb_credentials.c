/* credentials: where to log in, and with what. Secrets only for eyes: a terminal, or --show. */
#include <strings.h>
#include <unistd.h>

#include "env_file.h"
#include "handoff.h"
#include "installed.h"
#include "message.h"
#include "place.h"
#include "secret_mask.h"
#include "verbs.h"

static bool is_secret(const struct env_template_entry *entry)
{
	return entry->kind == ENV_TEMPLATE_SECRET_HEX ||
	       entry->kind == ENV_TEMPLATE_SECRET_BASE64 || secret_mask_name(entry->source.name);
}

/* A literal line that says who logs in. */
static bool is_login(const char *name)
{
	static const char *const words[] = {"USER", "EMAIL", "MAIL", "LOGIN", "ACCOUNT"};
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		for (const char *at = name; *at; at++)
			if (strncasecmp(at, words[i], strlen(words[i])) == 0)
				return true;
	return false;
}

static bool is_wanted(const struct env_template_entry *entry)
{
	switch (entry->kind) {
	case ENV_TEMPLATE_SECRET_HEX:
	case ENV_TEMPLATE_SECRET_BASE64:
	case ENV_TEMPLATE_ASK:
		return true;
	case ENV_TEMPLATE_PORT:
		return false;
	case ENV_TEMPLATE_LITERAL:
		return is_login(entry->source.name) && !secret_mask_name(entry->source.name);
	}
	return false;
}

/* Returns whether it hid something. */
static bool show(const struct session *session, const struct env_template_entry *entry,
	const char *value, bool open)
{
	bool hidden = is_secret(entry) && *value && !open;
	AUTO_TEXT printable = TEXT_INIT;
	text_add_printable(&printable, value, strlen(value));
	struct ui_field fields[] = {UI_TEXT("name", entry->source.name),
		UI_TEXT("value", hidden ? NULL : value), UI_BOOL("masked", hidden)};
	UI_RECORD(session->ui, "credential", fields, "%s: %s", entry->source.name,
		hidden ? "****" : printable.bytes);
	return hidden;
}

int verb_credentials(struct session *session, struct err *err)
{
	AUTO_PLACE place = PLACE_INIT;
	struct env_files env;
	bool hidden = false;
	bool open = session->options->show || (isatty(STDOUT_FILENO) && !ui_is_json(session->ui));
	if (session_open_bundle(session, err) < 0 || place_choose(&place, session, err) < 0 ||
		installed_require(&place, session, err) < 0 ||
		env_files_plan(&env, session, &place, err) < 0 ||
		handoff_show_urls(session, &env, err) < 0)
		return -1;
	const struct env_template *template = &env.items[0].template;
	for (size_t i = 0; i < template->count; i++) {
		const struct env_template_entry *entry = &template->entries[i];
		/* What .env lacks was never handed to a service: a new secret would be a lie. */
		const char *value = env_files_has_old(&env, entry->source.name)
					    ? variable_set_get(&env.variables, entry->source.name)
					    : NULL;
		if (value && is_wanted(entry))
			hidden = show(session, entry, value, open) || hidden;
	}
	if (hidden)
		ui_note(session->ui, "%s",
			T("**** stands for what is hidden, as this is no terminal; --show shows "
			  "it."));
	return 0;
}
