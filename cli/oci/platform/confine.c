/* Giving up rights: another user, limits, and a filter that refuses every system call but those of
 * a program that computes. What is refused gives EPERM. */
#include "confine.h"

#include <errno.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { NOBODY = 65534 };

static const int allowed[] = {
    SYS_read,         SYS_write,          SYS_close,       SYS_fstat,
    SYS_newfstatat,   SYS_lseek,          SYS_mmap,        SYS_munmap,
    SYS_mremap,       SYS_mprotect,       SYS_madvise,     SYS_brk,
    SYS_futex,        SYS_exit,           SYS_exit_group,  SYS_rt_sigreturn,
    SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_sigaltstack, SYS_getpid,
    SYS_gettid,       SYS_clock_gettime,  SYS_sched_yield, SYS_sched_getaffinity,
    SYS_getrandom,    SYS_sysinfo,
};
enum { ALLOWED_COUNT = sizeof allowed / sizeof allowed[0], FILTER_SIZE = ALLOWED_COUNT + 6 };

/* Numbers mean other calls to a process of another architecture; openat's tells which this is. */
static const unsigned own_architecture = SYS_openat == 257 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;

static void filter_calls(void) {
  struct sock_filter filter[FILTER_SIZE] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
  };
  for (unsigned i = 0; i < ALLOWED_COUNT; i++)
    filter[4 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i],
                                                 (unsigned char)(ALLOWED_COUNT - i), 0);
  filter[4 + ALLOWED_COUNT] =
      (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  filter[5 + ALLOWED_COUNT] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {FILTER_SIZE, filter};
  /* A kernel without filters has the rest. */
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static void limit(int what, rlim_t most) {
  struct rlimit limits = {most, most};
  setrlimit((__rlimit_resource_t)what, &limits);
}

void wr__oci_confine(void) {
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  limit(RLIMIT_FSIZE, 0);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, 60);
  /* Fails only in a user namespace without that number, whose root has few rights anyway. */
  if (geteuid() == 0 && setgroups(0, NULL) == 0 && setresgid(NOBODY, NOBODY, NOBODY) == 0 &&
      setresuid(NOBODY, NOBODY, NOBODY) != 0)
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  filter_calls();
}
