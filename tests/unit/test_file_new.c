/* Files that get a name which nobody else has got meanwhile: with hard links and without. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "arena.h"
#include "file_io.h"

static bool is(const char *path, const char *content)
{
	AUTO(arena) arena = arena_new();
	struct err err = ERR_INIT;
	char *bytes;
	return file_read_all(path, 1 << 20, arena, &bytes, NULL, &err) == 0 &&
	       strcmp(bytes, content) == 0;
}

static void put(const char *path, const char *content)
{
	struct err err = ERR_INIT;
	CHECK_INT(file_write_all(path, content, strlen(content), 0600, &err), 0);
}

/* What is asked of every file system: rename, copy, and an output that ends after somebody else's.
 */
static void try_all(void)
{
	struct err err = ERR_INIT, copied = ERR_INIT, ended = ERR_INIT;
	AUTO_OUTPUT output = FILE_OUTPUT_INIT;
	struct stat st;
	put("from", "mine");
	put("theirs", "theirs");
	CHECK_INT(file_rename_new("from", "theirs", &err), -1);
	CHECK_INT(err.code, CODE_USAGE);
	CHECK_INT(err.sys_errno, EEXIST);
	CHECK_CONTAINS(err.text, "not overwritten");
	CHECK(is("from", "mine") && is("theirs", "theirs"));
	err_clear(&err);
	CHECK_INT(file_rename_new("from", "to", &err), 0);
	CHECK(is("to", "mine") && access("from", F_OK) < 0);
	CHECK_INT(file_copy("to", "theirs", 0640, false, &copied), -1);
	CHECK_INT(copied.sys_errno, EEXIST);
	CHECK_INT(file_copy("to", "copy", 0640, false, &err), 0);
	CHECK(is("copy", "mine") && stat("copy", &st) == 0 && (st.st_mode & 07777) == 0640);
	CHECK_INT(file_copy("theirs", "copy", 0600, true, &err), 0);
	CHECK(is("copy", "theirs"));
	CHECK_INT(file_output_open(&output, "new", 0600, &err), 0);
	CHECK_INT(file_write(output.fd, "new", "mine", 4, &err), 0);
	put("new", "theirs");
	CHECK_INT(file_output_commit_new(&output, &ended), -1);
	CHECK_INT(ended.code, CODE_USAGE);
	file_output_abort(&output);
	CHECK(is("new", "theirs"));
	unlink("new");
	CHECK_INT(file_output_open(&output, "new", 0600, &err), 0);
	CHECK_INT(file_write(output.fd, "new", "mine", 4, &err), 0);
	CHECK_INT(file_output_commit_new(&output, &err), 0);
	CHECK(is("new", "mine"));
	CHECK_INT(stat("new", &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(st.st_nlink, 1);
}

TEST(a_name_that_is_taken_stays_whose_it_is)
{
	try_all();
}

/* exFAT's manners: neither hard links nor files without a name. */
static int refuse_links(void)
{
#define RETURN_ERROR(number) \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ((number)&SECCOMP_RET_DATA))
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
#ifdef SYS_link
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_link, 0, 1),
		RETURN_ERROR(EPERM),
#endif
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_linkat, 0, 1),
		RETURN_ERROR(EPERM),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, O_TMPFILE & ~O_DIRECTORY, 0, 1),
		RETURN_ERROR(EOPNOTSUPP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(filter) / sizeof(filter[0]), filter};
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
			       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0
		       ? -1
		       : 0;
}

TEST(so_it_is_where_there_are_no_hard_links)
{
	int status = -1;
	pid_t child = fork();
	if (child == 0) {
		put("a", "");
		if (refuse_links() < 0 || link("a", "b") == 0)
			_exit(2);
		try_all();
		_exit(check_failures() > 0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}
