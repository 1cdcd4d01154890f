/** Tells a backup that can't be had back from a world that was in the way: only the first alarms anybody. */
import { StoreError } from '@larder/archive';

/** The drill could not be held. Its message says why, and what to do. */
export class NotDoneError extends Error {}

/** The system's codes, and PostgreSQL's of lacking room, memory or connections, and of being shut down. */
const CODES = /^(ENOSPC|EDQUOT|ENOMEM|EMFILE|ENFILE|ECONNRESET|ECONNREFUSED|EPIPE|53...|57P0.)$/;

const WORDS = /No space left on device|Cannot allocate memory|out of memory|was ended by SIG|connection terminated/i;

/** Whether an error is of the world, and says nothing of the backup. */
export function isOfTheWorld(error: unknown): boolean {
  if (error instanceof NotDoneError || error instanceof StoreError) return true;
  if (!(error instanceof Error)) return false;
  const { code } = error as { code?: string };
  if (CODES.test(code ?? '') || WORDS.test(error.message)) return true;
  return error.cause !== undefined && isOfTheWorld(error.cause);
}
