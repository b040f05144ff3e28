/* What ${VAR} stands for in steps (step_text.h): .env, our own names, captures of earlier steps. */
#pragma once

#include "env_file.h"
#include "json.h"
#include "secret_mask.h"
#include "step_text.h"

struct step_values {
	struct arena *arena;
	struct variable_set variables;
	struct secret_mask mask; /* env files, and captures whose names speak of secrets */
};

/* project: the compose project's name. */
int step_values_init(struct step_values *values, struct arena *arena, const struct env_files *env,
	const char *project, struct err *err);

/* A step begins: HARDTACK_NOW. */
void step_values_set_time(struct step_values *values);

/* A captured value. */
void step_values_capture(struct step_values *values, const char *name, const char *value);

/* The expanded text; NULL: CODE_INPUT. */
const char *step_values_expand(const struct step_values *values, const char *text,
	enum step_text_kind kind, struct err *err);

/* Adds the JSON value with the texts in it expanded (names of members stay as they are). */
int step_values_expand_json(
	const struct step_values *values, struct json json, struct text *out, struct err *err);

/* Hides secrets in what is to be shown. */
void step_values_mask(const struct step_values *values, struct text *text);
