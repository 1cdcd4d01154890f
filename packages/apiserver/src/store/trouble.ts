/** What the disk's refusals mean, in words that say what to do. */
import { StoreUnavailableError } from './errors.ts';
import { sqliteCodeOf } from './sqlite.ts';

/** `verb`: open, write to. */
export function unavailable(verb: string, path: string, cause: unknown): StoreUnavailableError {
  return new StoreUnavailableError(`cannot ${verb} "${path}": ${explain(cause)}`, { cause });
}

function explain(cause: unknown): string {
  const code = sqliteCodeOf(cause);
  if (/ENOSPC|EDQUOT|SQLITE_FULL/.test(code)) return 'the disk is full; free some space, it goes on by itself then';
  if (/EROFS|READONLY/.test(code)) return 'it is read-only; make the file system and the folder writable';
  if (/EACCES|EPERM/.test(code)) return 'this user may not; check the owner and mode of the folder';
  if (/CANTOPEN/.test(code)) return 'it cannot be opened; check that it is a file and the folder is writable';
  return `${code === '' ? '' : `${code}: `}${cause instanceof Error ? cause.message : String(cause)}`;
}
