/* Calls a function that machorun has no shim for: Linux knows no BSD accounts of a login session.
 */
#include <stdio.h>
#include <unistd.h>

int setlogin(const char *name);

int main(int argc, char **argv)
{
	puts("before");
	fflush(stdout);
	if (argc > 1)
		printf("%d\n", setlogin(argv[1]));
	return 4;
}
