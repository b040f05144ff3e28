/* The checks of preflight.c, a file a subject. Each raises what it finds; -1 only when it could not
 * look (an interrupt, docker gone in the middle). */
#pragma once

#include "preflight.h"

/* An error of the check `name`, or a warning when the person said to go on. */
void preflight_error(struct preflight *preflight, const char *name, const struct err *problem);
void preflight_warning(struct preflight *preflight, const char *name, const struct err *problem);

/* Is there an engine, and something to be installed? Most checks need both. */
bool preflight_can_look(const struct preflight *preflight);

/* May a question solve a problem: somebody is there, asking is wanted, nothing has failed yet? */
bool preflight_may_ask(const struct preflight *preflight);

/* The project's containers, into preflight->containers; asked for once while it stays the same. */
int preflight_look(struct preflight *preflight, struct err *err);

/* preflight_platform.c */
int preflight_check_platform(struct preflight *preflight, struct err *err);
/* preflight_project.c: what is there of this name and not ours */
int preflight_check_project(struct preflight *preflight, struct err *err);
int preflight_check_home(struct preflight *preflight, struct err *err);
int preflight_check_containers(struct preflight *preflight, struct err *err);
int preflight_check_data(struct preflight *preflight, struct err *err);
/* preflight_receipt.c: is it known what is installed? */
int preflight_check_receipt(struct preflight *preflight, struct err *err);
/* preflight_upgrade.c: what is installed, against this file */
int preflight_check_version(struct preflight *preflight, struct err *err);
int preflight_check_database(struct preflight *preflight, struct err *err);
/* What an upgrade's data backup will need on the disk of the installation's directory; 0: none. */
uint64_t preflight_backup_bytes(const struct preflight *preflight);
/* A secret that the installed data knows and .env lacks; NULL: none, as those of the new version.
 */
const char *preflight_lost_secret(const struct preflight *preflight);
/* preflight_port.c */
int preflight_check_ports(struct preflight *preflight, struct err *err);
/* preflight_room.c */
int preflight_check_directory(struct preflight *preflight, struct err *err);
int preflight_check_memory(struct preflight *preflight, struct err *err);
int preflight_check_disk(struct preflight *preflight, struct err *err);
