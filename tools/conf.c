/* conf: `purser conf` writes the reference of the configuration. */
#include "conf.h"
#include "command.h"
#include <sysexits.h>

int
conf_command(int argc, char **argv)
{
	(void)argv;
	if (argc > 1)
		return EX_USAGE;
	printf("# Configuration\n\nMade by `./dev generate` from the table in `lib/conf.c`.\n\n");
	pur_conf_describe(stdout);
	return ferror(stdout) ? EX_IOERR : EX_OK;
}
