/* The process: everything else is in the commands. */
#include "commands.h"

int main(int argc, char **argv) { return wr__main(argc, argv); }
