/* Names and meanings of the exit codes, from their one table. */
#include "exit_code.h"

const char *exit_code_name(int code)
{
	switch (code) {
#define NAME_CASE(number, name, meaning) \
	case number:                     \
		return #name;
		EXIT_CODE_TABLE(NAME_CASE)
	}
	return "UNKNOWN";
}

const char *exit_code_meaning(int code)
{
	switch (code) {
#define MEANING_CASE(number, name, meaning) \
	case number:                        \
		return meaning;
		EXIT_CODE_TABLE(MEANING_CASE)
	}
	return "unknown";
}
