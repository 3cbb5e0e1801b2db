/* The fault handler: turns a SIGSEGV or SIGBUS inside a guard region, raised by code that a hook
 * owns, into a trap, and passes every other on to whoever had the signal before.
 *
 * It runs on an alternate stack, takes no lock and returns by changing the interrupted context,
 * so the signal mask is what it was. Installed once per process; never taken back. */
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <unistd.h>

#include "platform/fault.h"
#include "platform/memory.h"
#include "platform/thread.h"

enum {
  MAX_HOOKS = 8,
  ALTERNATE_STACK_BYTES = 64 << 10,
  MAPPED_BYTES = WR__STACK_GUARD_BYTES + ALTERNATE_STACK_BYTES,
};

static _Atomic(wr__fault_hook) hooks[MAX_HOOKS];
static struct sigaction previous_segv, previous_bus;
static bool handlers_installed;
static bool thread_key_made;
static pthread_key_t thread_key; /* the alternate stack that this thread owns */
static pthread_once_t install_once = PTHREAD_ONCE_INIT;
static _Thread_local bool thread_ready;

bool wr__fault_add_hook(wr__fault_hook hook) {
  for (int i = 0; i < MAX_HOOKS; i++) {
    wr__fault_hook expected = NULL;
    if (atomic_compare_exchange_strong(&hooks[i], &expected, hook) || expected == hook) return true;
  }
  return false;
}

/* The pages of a file that was truncated become zeros: those of a mapped file to its end, which are
 * gone with the first; of a guest's memory, whose first contents come from a file, only one. */
static void fill_page(const wr__region_view *region, uintptr_t address) {
  uintptr_t page = address & ~((uintptr_t)wr__page_size() - 1);
  uintptr_t end = region->is_file ? region->base + region->size : page + 1;
  int protection = region->is_file ? PROT_READ : PROT_READ | PROT_WRITE;
  (void)mmap((void *)page, end - page, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

bool wr_fault_handle(int signal, void *siginfo, void *ucontext) {
  const siginfo_t *info = siginfo;
  if (signal != SIGSEGV && signal != SIGBUS) return false;
  if (info->si_code <= 0) return false; /* sent by a process, not by an access */
  uintptr_t address = (uintptr_t)info->si_addr;
  wr__region_view region;
  if (!wr__region_find(address, &region)) return false;
  bool is_gone = signal == SIGBUS && info->si_code == BUS_ADRERR;
  if (is_gone && region.is_file) fill_page(&region, address);
  uintptr_t pc = wr__context_pc(ucontext);
  for (int i = 0; i < MAX_HOOKS; i++) {
    wr__fault_hook hook = atomic_load(&hooks[i]);
    if (!hook) break;
    if (hook(pc, address, ucontext)) return true;
  }
  /* Our own code goes on with zeros. */
  if (is_gone && !region.is_file) fill_page(&region, address);
  return is_gone;
}

/* The default action, as if this handler had never been: the access faults again on
 * return; a signal that was sent is sent again. */
static void take_default(int signal_number, const siginfo_t *info) {
  struct sigaction action = {.sa_handler = SIG_DFL};
  sigaction(signal_number, &action, NULL);
  if (info->si_code <= 0) raise(signal_number);
}

static void pass_on(int signal_number, siginfo_t *info, void *context) {
  struct sigaction *previous = signal_number == SIGSEGV ? &previous_segv : &previous_bus;
  if (!(previous->sa_flags & SA_SIGINFO)) {
    if (previous->sa_handler == SIG_IGN && info->si_code <= 0) return;
    if (previous->sa_handler == SIG_DFL || previous->sa_handler == SIG_IGN) {
      take_default(signal_number, info);
      return;
    }
  }
  /* As the kernel would have: with its mask, and the signal itself blocked or not. The mask of
   * the interrupted code comes back when we return. */
  sigset_t mask = previous->sa_mask;
  pthread_sigmask(SIG_BLOCK, &mask, NULL);
  if (previous->sa_flags & SA_NODEFER) {
    sigemptyset(&mask);
    sigaddset(&mask, signal_number);
    pthread_sigmask(SIG_UNBLOCK, &mask, NULL);
  }
  if (previous->sa_flags & SA_SIGINFO) {
    previous->sa_sigaction(signal_number, info, context);
  } else {
    previous->sa_handler(signal_number);
  }
}

static void handle_fault(int signal_number, siginfo_t *info, void *context) {
  if (!wr_fault_handle(signal_number, info, context)) pass_on(signal_number, info, context);
}

/* At thread exit: the stack goes, unless somebody put another in its place. */
static void free_alternate_stack(void *stack) {
  stack_t current;
  if (sigaltstack(NULL, &current) == 0 && current.ss_sp == stack) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
  }
  munmap((uint8_t *)stack - WR__STACK_GUARD_BYTES, MAPPED_BYTES);
}

void wr__fault_install(void) {
  struct sigaction action = {.sa_sigaction = handle_fault, .sa_flags = SA_SIGINFO | SA_ONSTACK};
  sigemptyset(&action.sa_mask);
  /* The previous actions are read first: a fault may come as soon as ours is in place. */
  struct sigaction segv, bus;
  if (sigaction(SIGSEGV, NULL, &segv) != 0 || sigaction(SIGBUS, NULL, &bus) != 0) return;
  if (segv.sa_sigaction != handle_fault) previous_segv = segv;
  if (bus.sa_sigaction != handle_fault) previous_bus = bus;
  handlers_installed =
      sigaction(SIGSEGV, &action, NULL) == 0 && sigaction(SIGBUS, &action, NULL) == 0;
}

static void install_first(void) {
  thread_key_made = pthread_key_create(&thread_key, free_alternate_stack) == 0;
  wr__fault_install();
}

static bool ensure_alternate_stack(void) {
  stack_t current;
  if (sigaltstack(NULL, &current) != 0) return false;
  if (!(current.ss_flags & SS_DISABLE)) return true;
  if (!thread_key_made) return false;
  uint8_t *guard = mmap(NULL, MAPPED_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (guard == MAP_FAILED) return false;
  uint8_t *base = guard + WR__STACK_GUARD_BYTES;
  if (mprotect(base, ALTERNATE_STACK_BYTES, PROT_READ | PROT_WRITE) != 0) {
    munmap(guard, MAPPED_BYTES);
    return false;
  }
  stack_t stack = {.ss_sp = base, .ss_size = ALTERNATE_STACK_BYTES};
  if (sigaltstack(&stack, NULL) == 0) {
    if (pthread_setspecific(thread_key, base) == 0) return true;
    stack.ss_flags = SS_DISABLE;
    sigaltstack(&stack, NULL);
  }
  munmap(guard, MAPPED_BYTES);
  return false;
}

bool wr__fault_init_thread(void) {
  if (WR_LIKELY(thread_ready)) return true;
  pthread_once(&install_once, install_first);
  thread_ready = handlers_installed && ensure_alternate_stack();
  return thread_ready;
}
