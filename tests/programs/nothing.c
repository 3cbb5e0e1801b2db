/* Returns at once: what a start costs. */
int main(void) { return 0; }
