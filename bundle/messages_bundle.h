/* The message table of bundle/ (rows: messages.def). */
#pragma once

#include "message.h"

extern const struct message_row messages_bundle[];
