/* The verbs: a file each, verb_<name>.c; install.c is the longest. */
#pragma once

#include "session.h"

int verb_install(struct session *session, struct err *err);
int verb_verify(struct session *session, struct err *err);
int verb_credentials(struct session *session, struct err *err);
int verb_info(struct session *session, struct err *err);
int verb_preflight(struct session *session, struct err *err);
int verb_load(struct session *session, struct err *err);
int verb_extract(struct session *session, struct err *err);
int verb_status(struct session *session, struct err *err);
int verb_smoke(struct session *session, struct err *err);
int verb_start(struct session *session, struct err *err);
int verb_stop(struct session *session, struct err *err);
int verb_open(struct session *session, struct err *err);
int verb_logs(struct session *session, struct err *err);
int verb_doctor(struct session *session, struct err *err);
int verb_backup(struct session *session, struct err *err);
int verb_restore(struct session *session, struct err *err);
int verb_uninstall(struct session *session, struct err *err);
int verb_rollback(struct session *session, struct err *err);
int verb_version(struct session *session, struct err *err);
