/* The message table of stub/ (rows: messages.def). */
#pragma once

#include "message.h"

extern const struct message_row messages_stub[];
