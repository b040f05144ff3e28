/* A Mac that falls asleep in mid-install would leave half of it until somebody opens the lid. */
#pragma once

/* Keeps the machine awake until this process ends. Only macOS needs it; never fails. */
void keep_awake(void);
