/*
 * The running program's own pages lie on the stick as well. When it is pulled out, the system ends
 * a program that needs one of them with SIGBUS: here it says so first, and ends with CODE_IO.
 */
#pragma once

/* Once, at the start, after the language is known. On Linux it also makes all of the program's
 * code present, so that the stick is hardly missed for it. */
void self_guard_install(void);
