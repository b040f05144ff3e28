/* Which process listens at a port, as far as this person may know. */
#pragma once

#include <stdbool.h>

#include "arena.h"

/* False: nobody does, or the system does not tell (other people's processes). The name is
 * printable. Linux: /proc; macOS: lsof. */
bool port_owner_find(unsigned number, bool udp, struct arena *arena, const char **name, long *pid);
