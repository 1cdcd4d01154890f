/** What the operating system refuses, as conditions that say what to do. */
import { NotReadyError } from './work.ts';

const CAUSES: Record<string, { reason: string; message: string }> = {
  EROFS: {
    reason: 'HomeNotWritable',
    message: 'the plane’s home folder is on a read-only file system; mount it writable',
  },
  EACCES: {
    reason: 'HomeNotWritable',
    message: 'a file in the plane’s home folder can’t be read or written; give it back to the plane’s account',
  },
  ENOSPC: { reason: 'DiskFull', message: 'the disk with the plane’s home folder is full; free space on it' },
  EDQUOT: { reason: 'DiskFull', message: 'the disk quota of the plane’s account is used up; free space or raise it' },
  EMFILE: { reason: 'TooManyFiles', message: 'the plane has too many files open; raise its limit (ulimit -n)' },
  EAGAIN: { reason: 'TooManyProcesses', message: 'the machine takes no more processes; raise the limit or end some' },
};

/** Undefined for what is nobody's fault but ours, or simply to be tried again. */
export function asNotReady(error: unknown): NotReadyError | undefined {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause instanceof NotReadyError) return cause;
    const known = CAUSES[(cause as NodeJS.ErrnoException).code ?? ''];
    if (!known) continue;
    const { path } = cause as NodeJS.ErrnoException;
    const where = path === undefined ? '' : ` (${path})`;
    return new NotReadyError(known.reason, known.message + where, 10_000);
  }
  return undefined;
}
