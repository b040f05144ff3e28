/* The smallest program; reject.py damages copies of it. */
#include <stdio.h>

int main(int argc, char **argv)
{
	printf("%d %s\n", argc, argc > 2 ? argv[2] : "-");
	return argc;
}
