/* Secrets inline in the compose file; their values are never shown. */
#include "lint_secret.h"

#include <string.h>

#include "secret_check.h"
#include "text.h"

/* What everybody tries first. */
static bool is_weak(const char *value)
{
	static const char *const known[] = {"postgres", "password", "passwd", "secret", "mysecret",
		"mysalt", "changeme", "changeit", "change_me", "admin", "root", "test", "example",
		"123456", "12345678", "default", "minioadmin", "miniosecret", "myredissecret",
		"clickhouse", "guest", "supersecret", "letmein", "qwerty", "0000"};
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (text_equal_ignoring_case(value, known[i]))
			return true;
	return strlen(value) < 12;
}

/* scheme://user:password@host, with a password that is no reference. */
static bool has_url_password(const char *value)
{
	const char *scheme = strstr(value, "://");
	const char *at = scheme ? strchr(scheme + 3, '@') : NULL;
	const char *colon = scheme ? strchr(scheme + 3, ':') : NULL;
	if (!at || !colon || colon > at || colon + 1 == at)
		return false;
	const char *slash = strchr(scheme + 3, '/');
	return !(slash && slash < at) && colon[1] != '$';
}

static void check_variable(const struct compose_variable *variable, struct finding_list *findings)
{
	struct finding *finding;
	const struct compose_place *place = &variable->place;
	if (!variable->raw)
		return;
	if (secret_check_name(variable->name) &&
		secret_check_value(variable->name, variable->raw)) {
		if (variable->value && is_weak(variable->value))
			finding = finding_add(findings, FINDING_WARNING, "weak-secret",
				place->file->path, place->line,
				"%s has a weak value, the same on every machine", variable->name);
		else
			finding = finding_add(findings, FINDING_WARNING, "inline-secret",
				place->file->path, place->line,
				"%s is written in the compose file and travels with it",
				variable->name);
		finding_remedy(findings, finding,
			"write ${%s} here and %s={{secret hex 32}} in env.template", variable->name,
			variable->name);
	} else if (has_url_password(variable->raw)) {
		finding = finding_add(findings, FINDING_WARNING, "inline-secret", place->file->path,
			place->line, "%s has a password in its address", variable->name);
		finding_remedy(findings, finding,
			"take the password from a variable: //user:${DB_PASSWORD}@host, and write "
			"DB_PASSWORD={{secret hex 32}} in env.template");
	}
}

void lint_secret_check(const struct compose_service *service, struct finding_list *findings)
{
	for (size_t i = 0; i < service->variable_count; i++)
		check_variable(&service->environment[i], findings);
}
