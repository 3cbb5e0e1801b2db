/* What the runtime outside and the process inside a container agree on. */
#ifndef WR__OCI_GUEST_H
#define WR__OCI_GUEST_H

/* The settings: this text, the module's path, then options of `wasmrun run` and keys that are
 * trusted (WR__OCI_GUEST_KEY and 64 hexadecimal digits), each ended by NUL. */
#define WR__OCI_GUEST_MAGIC "wasmrun container 1\n"

#define WR__OCI_GUEST_KEY "key="

/* The file by whose end a guest learns that it is to stop. */
#define WR__OCI_STOP_PATH "/dev/wasmrun-stop"

#endif
