/* A process that only computes on what it was handed: no files, no network, no other programs. What
 * is refused gives EPERM. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/base.h"
#include "platform/access.h"
#include "platform/process.h"

/* Memory, threads, and what is open already. */
static const int allowed[] = {
    SYS_read,
    SYS_write,
    SYS_close,
    SYS_fstat,
    SYS_lseek,
    SYS_mmap,
    SYS_munmap,
    SYS_mremap,
    SYS_mprotect,
    SYS_madvise,
    SYS_brk,
    SYS_futex,
    SYS_exit,
    SYS_exit_group,
    SYS_rt_sigreturn,
    SYS_rt_sigaction,
    SYS_rt_sigprocmask,
    SYS_sigaltstack,
    SYS_getpid,
    SYS_gettid,
    SYS_tgkill,
    SYS_clock_gettime,
    SYS_sched_yield,
    SYS_sched_getaffinity,
    SYS_clone,
    SYS_set_robust_list,
    SYS_rseq,
    SYS_prctl,
    SYS_getrandom,
    SYS_sysinfo,
    SYS_prlimit64,
    SYS_getrusage,
    SYS_restart_syscall,
};
enum { ALLOWED_COUNT = WR_ARRAY_COUNT(allowed), FILTER_SIZE = ALLOWED_COUNT + 8 };

/* Numbers mean other calls to a process of another architecture; openat's tells which this is. */
static const unsigned own_architecture = SYS_openat == 257 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_AARCH64;

/* Sanitizers reserve terabytes, and one traces the process at its end from another, for which it
 * would wait for ever. */
bool wr__process_can_be_confined(void) {
#if defined(WR__SANITIZED)
  return false;
#else
  return true;
#endif
}

void wr__process_confine(void) {
  if (!wr__process_can_be_confined()) return;
  struct rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  struct sock_filter filter[FILTER_SIZE] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, own_architecture, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      /* Its flags cannot be looked at; without it threads are made by clone. */
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clone3, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
  };
  for (unsigned i = 0; i < ALLOWED_COUNT; i++)
    filter[6 + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)allowed[i],
                                                 (unsigned char)(ALLOWED_COUNT - i), 0);
  filter[6 + ALLOWED_COUNT] =
      (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
  filter[7 + ALLOWED_COUNT] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  struct sock_fprog program = {FILTER_SIZE, filter};
  /* A kernel without filters has the limits alone. */
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
