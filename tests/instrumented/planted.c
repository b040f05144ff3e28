/* Faults on purpose: what the tools must see before their silence means anything (run). */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int shared;

static void *add(void *unused)
{
	for (int i = 0; i < 100000; i++)
		shared++;
	return unused;
}

int main(int argc, char **argv)
{
	const char *fault = argc > 1 ? argv[1] : "none";
	if (strcmp(fault, "leak") == 0) {
		char *volatile lost = malloc(100);
		lost = NULL;
		(void)lost;
	}
	if (strcmp(fault, "uninitialised") == 0) {
		int *value = malloc(sizeof(*value));
		if (*(volatile int *)value == 7)
			puts("seven");
		free(value);
	}
	if (strcmp(fault, "race") == 0) {
		pthread_t threads[2];
		for (int i = 0; i < 2; i++)
			pthread_create(&threads[i], NULL, add, NULL);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
	}
	return 0;
}
