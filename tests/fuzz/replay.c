/*
 * Runs a fuzz target over files, and over fixed mutations of each: the regression half of fuzzing,
 * without libFuzzer. Prints "N passed, N failed"; a crash ends it without that line.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

enum { LARGEST = 1 << 20, MUTATIONS = 40 };

static unsigned long inputs;
static uint64_t state = 1; /* splitmix64: the same numbers everywhere */

static uint64_t next_random(void)
{
	uint64_t z = state += 0x9e3779b97f4a7c15;
	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* An exact copy on the heap, so that ASan sees a byte read too far. */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);
	if (!copy)
		abort();
	memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
}

static void run_mutations(uint8_t *data, size_t size)
{
	static const uint8_t tokens[] = "\0\xff\"\\{}[]:,/.-@0987 \n\x80\x1f";
	for (int i = 0; i < MUTATIONS && size > 0; i++) {
		size_t at = next_random() % size, length = size;
		uint8_t old = data[at];
		switch (next_random() % 3) {
		case 0:
			data[at] ^= (uint8_t)(1u << next_random() % 8);
			break;
		case 1:
			data[at] = tokens[next_random() % (sizeof(tokens) - 1)];
			break;
		default:
			length = at;
		}
		run(data, length);
		data[at] = old;
	}
}

static void run_path(const char *path)
{
	static uint8_t data[LARGEST];
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
		DIR *dir = opendir(path);
		for (struct dirent *file; dir && (file = readdir(dir));) {
			char inner[4096];
			if (file->d_name[0] == '.')
				continue;
			snprintf(inner, sizeof(inner), "%s/%s", path, file->d_name);
			run_path(inner);
		}
		if (dir)
			closedir(dir);
		return;
	}
	FILE *file = fopen(path, "rb");
	if (!file)
		return;
	size_t size = fread(data, 1, sizeof(data), file);
	fclose(file);
	run(data, size);
	run_mutations(data, size);
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		run_path(argv[i]);
	printf("%lu passed, 0 failed\n", inputs);
	return inputs > 0 ? 0 : 1;
}
