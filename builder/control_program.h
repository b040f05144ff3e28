/*
 * The control program: the target's stub with a bundle that has the project's description but no
 * images. It travels as an ordinary file of the installer (MANIFEST_CONTROL_NAME below files/),
 * is handed over with the others, and does status, start, stop, backup … when the stick is gone.
 *
 * Made here and not on the target, so that it is a whole, signed executable whose bytes the
 * manifest vouches for. It costs a stub, some 500 KiB.
 */
#pragma once

#include "bundle_plan.h"
#include "stub_image.h"

/* What has to stay open while the plan is written. */
struct control_program {
	int fd;
	struct blob_source blob;
	char digest[SHA256_DIGEST_LENGTH + 1];
};

#define CONTROL_PROGRAM_INIT \
	{                    \
		.fd = -1     \
	}

/* Makes it and adds it to the plan, which is finished afterwards (bundle_plan_finish()).
 * installer: the file name that the installer goes by. key: signs its manifest too; NULL: nobody
 * does. The program must outlive the plan. */
int control_program_add(struct control_program *program, struct bundle_plan *plan,
	const struct stub_image *stub, const char *installer, const struct signing_key *key,
	struct ui *ui, struct err *err);
void control_program_clear(struct control_program *program);
