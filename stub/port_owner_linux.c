/* Linux: the socket's inode from /proc/net, then whose descriptor it is. */
#ifdef __linux__
#include "port_owner.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "number.h"
#include "text.h"

enum { MAX_INODES = 16 };

struct inodes {
	unsigned long items[MAX_INODES];
	size_t count;
};

/* Lines as "  sl: local_address:PORT rem_address:PORT st tx:rx tr:when retrnsmt uid timeout inode";
 * state 0A listens, 07 is what a bound UDP socket has (Linux, net/ipv4/tcp_ipv4.c, udp.c). */
static void read_table(const char *path, unsigned number, const char *state, struct inodes *out)
{
	char line[512];
	FILE *table = fopen(path, "re"); /* files of /proc have no size: file_io.h cannot */
	while (table && fgets(line, sizeof(line), table)) {
		char address[64], there[64], now[8];
		unsigned long inode;
		if (sscanf(line, " %*s %63s %63s %7s %*s %*s %*s %*s %*s %lu", address, there, now,
			    &inode) != 4 ||
			strcmp(now, state) != 0)
			continue;
		const char *colon = strrchr(address, ':');
		if (colon && strtoul(colon + 1, NULL, 16) == number && inode != 0 &&
			out->count < MAX_INODES)
			out->items[out->count++] = inode;
	}
	if (table)
		fclose(table);
}

static bool holds(const char *pid, const struct inodes *inodes)
{
	AUTO_FREE char *folder = xprintf("/proc/%s/fd", pid);
	DIR *directory = opendir(folder);
	bool found = false;
	if (!directory)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(directory));) {
		char target[64];
		unsigned long inode;
		ssize_t length =
			readlinkat(dirfd(directory), entry->d_name, target, sizeof(target) - 1);
		if (length <= 0)
			continue;
		target[length] = '\0';
		if (sscanf(target, "socket:[%lu]", &inode) != 1)
			continue;
		for (size_t i = 0; i < inodes->count; i++)
			found = found || inodes->items[i] == inode;
	}
	closedir(directory);
	return found;
}

static const char *name_of(const char *pid, struct arena *arena)
{
	AUTO_FREE char *path = xprintf("/proc/%s/comm", pid);
	AUTO_TEXT printable = TEXT_INIT;
	char name[64] = "?";
	FILE *file = fopen(path, "re");
	if (file && !fgets(name, sizeof(name), file))
		name[0] = '?';
	if (file)
		fclose(file);
	text_add_printable(&printable, name, strcspn(name, "\n"));
	return arena_strdup(arena, printable.bytes);
}

bool port_owner_find(unsigned number, bool udp, struct arena *arena, const char **name, long *pid)
{
	struct inodes inodes = {.count = 0};
	const char *state = udp ? "07" : "0A";
	bool found = false;
	read_table(udp ? "/proc/net/udp" : "/proc/net/tcp", number, state, &inodes);
	read_table(udp ? "/proc/net/udp6" : "/proc/net/tcp6", number, state, &inodes);
	DIR *processes = inodes.count ? opendir("/proc") : NULL;
	if (!processes)
		return false;
	for (struct dirent *entry; !found && (entry = readdir(processes));) {
		uint64_t value;
		if (!number_parse_u64(entry->d_name, &value) || !holds(entry->d_name, &inodes))
			continue;
		*name = name_of(entry->d_name, arena);
		*pid = (long)value;
		found = true;
	}
	closedir(processes);
	return found;
}
#endif
