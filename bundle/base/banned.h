/* Functions that this project does not use: using one does not compile. Force-included last. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* On macOS some are macros, for checks that the compiler can do. */
#undef sprintf
#undef strcat
#undef strcpy
#undef vsprintf
/* Its buffer would come out behind what ui_write() wrote later. */
#undef stdout

#pragma GCC poison strcpy strcat sprintf vsprintf gets strtok atoi atol atoll tmpnam mktemp stdout puts putchar
