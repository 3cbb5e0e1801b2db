/* Files in folders. */
#ifndef SPEC_FILES_H
#define SPEC_FILES_H

#include <stdbool.h>

/* Calls visit for a file, or for every file in a folder and below it, in order and without hidden
 * ones; named tells whether it is `path` itself. False: visit said so (errno is 0), or something
 * cannot be read (errno says why). */
bool files_visit(const char *path, bool (*visit)(void *context, const char *path, bool named),
                 void *context);

#endif
