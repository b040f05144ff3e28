/* `version --licenses`, the same in both programs: a record a part. */
#pragma once

#include "arena.h"
#include "err.h"
#include "license_text.h"
#include "ui.h"

/* Shows every part that the blob tells of, with the whole text of its licence. */
int license_record_all(
	const struct license_blob *blob, struct ui *ui, struct arena *arena, struct err *err);
