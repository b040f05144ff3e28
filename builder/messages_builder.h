/* The message table of builder/ (rows: messages.def). */
#pragma once

#include "message.h"

extern const struct message_row messages_builder[];
