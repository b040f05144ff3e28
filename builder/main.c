/* Placeholder until the first verbs land. */
#include "exit_code.h"

int main(void)
{
	return CODE_USAGE;
}
