/* The texts of this room in Chinese, keyed by their English (message.h). */
#include "messages_bundle.h"

#include <stddef.h>

const struct message_row messages_bundle[] = {
#define M(en, zh) {en, zh},
#include "messages.def"
#undef M
	{NULL, NULL},
};
