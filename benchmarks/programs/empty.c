/* Does nothing: what it takes to run is an engine's start-up. */
int main(void) { return 0; }
