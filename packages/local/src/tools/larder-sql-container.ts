/** `larder-sql` as the program of a container: where it runs, mounts are where they say, and rights are those that it was started with. */
import { runSql } from './run-sql.ts';

process.exitCode = await runSql({
  args: process.argv.slice(2),
  environment: process.env,
  locate: path => path,
  print: text => process.stdout.write(`${text}\n`),
  complain: text => process.stderr.write(`${text}\n`),
});
