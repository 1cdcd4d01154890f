/**
 * The process of a pod: reads what to do from its standard input, gives up root's rights before it does it, and writes how far it came
 * to descriptor 3. Everything is loaded before the rights are gone: the account may not be able to read this installation.
 */
import { readFileSync, writeSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { Launch } from '../jobs/launch.ts';
import { boundedLines } from './bounded-lines.ts';
import { runSql } from './run-sql.ts';

const PROGRESS = 3;
const LARGEST_LOG = 10 * 1024 * 1024;

const launch = JSON.parse(readFileSync(0, 'utf8')) as Launch;
writeSync(PROGRESS, `started ${new Date().toISOString()}\n`);
dropRights(launch.account);
const write = boundedLines(text => writeSync(1, text), LARGEST_LOG);
const exitCode = await runSql({
  args: launch.args,
  environment: launch.environment,
  locate,
  print: write,
  complain: write,
});
writeSync(PROGRESS, `ended ${exitCode} ${new Date().toISOString()}\n`);
process.exit(exitCode);

function dropRights(account: Launch['account']): void {
  if (!account || process.geteuid?.() !== 0) return;
  process.setgroups!([]);
  process.setgid!(account.gid);
  process.setuid!(account.uid);
}

/** Mounts are folders of ours; the longest mount path that holds `path` wins, as in a container. */
function locate(path: string): string {
  const mounts = launch.mounts.filter(({ mountPath }) => !relative(mountPath, path).startsWith('..'));
  const [mount] = mounts.sort((a, b) => b.mountPath.length - a.mountPath.length);
  return mount ? join(mount.folder, relative(mount.mountPath, path)) : path;
}
