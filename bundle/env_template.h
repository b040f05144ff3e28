/*
 * env.template: an env file whose values may be asked for or generated (DESIGN.md section 2).
 *
 *     WEB_PORT={{port 3000}}                     that port; when taken, the person is asked
 *     ADMIN={{ask "Admin's address" default a@example.com}}      asked; the default is optional
 *     POSTGRES_PASSWORD={{secret hex 32}}        32 random bytes as hexadecimal digits
 *     SALT={{secret base64 32}}                  32 random bytes in base64
 *     API_KEY=pk-{{secret hex 16}}               text before and behind a secret or an answer
 *     URL=http://localhost:${WEB_PORT}           a reference, as in any env file
 *
 * A value has one generator at most; a port is the whole value, for it is what --set changes. Text
 * around a generator is literal: no references, no backslashes. A value that does not begin with
 * {{ is only a template when secret, ask or port follows ("{{.Names}}" in the middle is text).
 * Everything else is an ordinary env file, kept byte for byte. For authors: docs/env-template.md.
 */
#pragma once

#include "dotenv.h"
#include "text.h"

enum env_template_kind {
	ENV_TEMPLATE_LITERAL,
	ENV_TEMPLATE_SECRET_HEX,
	ENV_TEMPLATE_SECRET_BASE64,
	ENV_TEMPLATE_ASK,
	ENV_TEMPLATE_PORT
};

struct env_template_entry {
	struct dotenv_entry source; /* name, line, the bytes of the value */
	enum env_template_kind kind;
	const char *prefix, *suffix; /* of a generator: the text around it, "" for none */
	unsigned secret_bytes;       /* of a secret: 1..1024 */
	const char *prompt;          /* of ask */
	const char *fallback;        /* of ask: the default; NULL: an answer is needed */
	unsigned port;               /* of port: 1..65535 */
};

/* The file's bytes with entries in order: a renderer copies what lies between the values (comments
 * and blank lines too) and replaces source.value_begin..source.end of the generators. */
struct env_template {
	const char *bytes; /* borrowed */
	size_t length;
	struct env_template_entry *entries;
	size_t count;
};

/* Errors are "file:line: …", CODE_INPUT. */
int env_template_parse(struct arena *arena, const char *name, const char *bytes, size_t length,
	struct env_template *out, struct err *err);

/*
 * Sets every entry of the file that variables does not have yet, in order, so that later lines may
 * refer to earlier ones. Generators count as what they would be without anybody to ask: the port,
 * the default or "", and for a secret the text "secret" (only good for reading a compose file).
 */
int env_template_evaluate(const struct env_template *file, const char *name,
	struct variable_set *variables, struct interpolation_listener *listener, struct err *err);

/* What the generator gave, with the entry's text around it. */
const char *env_template_wrap(
	struct arena *arena, const struct env_template_entry *entry, const char *generated);

/*
 * The template with each generator replaced by values[i], one for each entry (NULL keeps the bytes
 * as they are). Values are quoted where an env file needs it. The result ends with a newline unless
 * it is empty.
 */
char *env_template_render(
	struct arena *arena, const struct env_template *file, const char *const *values);

/* Adds NAME=value to an env file's text so that compose reads exactly this value back. */
void env_template_add_line(struct text *out, const char *name, const char *value);
