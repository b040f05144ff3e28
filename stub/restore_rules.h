/*
 * Which backup may become whose data. Refused (CODE_INPUT): another project's; one of a newer
 * version than this program; one of another Postgres major than this program's images. A backup of
 * an older version is what an upgrade would find, and may be restored.
 */
#pragma once

#include "backup.h"

int restore_rules_check(const struct backup *backup, const struct session *session,
	const struct place *place, struct err *err);

int restore_rules_check_postgres(
	const struct backup *backup, const struct session *session, struct err *err);

/* Is it of this very version: the same images? Then its files fit too. */
bool restore_rules_same(const struct backup *backup, const struct session *session);

/* The backup's copies of this bundle's files (compose file, configuration; not env files). */
int restore_rules_files(const struct backup *backup, const struct session *session,
	const struct place *place, struct err *err);

/* Settings without data must not take the place of those that data here was made with:
 * CODE_PREFLIGHT. */
int restore_rules_check_data(const struct backup *backup, const struct place *place, bool has_data,
	struct err *err);

/* What the backup does not hold. */
void restore_rules_warn(const struct backup *backup, struct ui *ui);
