/**
 * The look at a server that is well, again and again: can an application still log in, and do its files say what the plane wrote? A
 * process that runs proves neither.
 */
import type { ServerCredentials } from './credentials.ts';
import { areSettingsWritten, isAccessWritten } from './files.ts';
import { tryLogin } from './login.ts';
import type { InstanceRecord } from './record.ts';
import { NotReadyError, type Work } from './work.ts';

const CHECK_MS = 60_000;

export function checkEveryMs({ plane }: Work): number {
  return plane.checkEveryMs ?? CHECK_MS;
}

export function isCheckDue(work: Work): boolean {
  return performance.now() - work.memory.provedAt >= checkEveryMs(work);
}

/** False when something has to be put right. @throws NotReadyError when nobody can log in */
export async function isAsLeft(work: Work, record: InstanceRecord, login: ServerCredentials): Promise<boolean> {
  const isWritten = isAccessWritten(work) && areSettingsWritten(work, record.settings ?? {});
  if (!isWritten || !(await canLogIn(work, record, login))) return false;
  work.memory.provedAt = performance.now();
  return true;
}

async function canLogIn(work: Work, record: InstanceRecord, login: ServerCredentials): Promise<boolean> {
  try {
    return (await tryLogin(work, record, login)) === 'worked';
  } catch (error) {
    // With all of its connections in use it is busy, not ill.
    if (error instanceof NotReadyError && error.reason === 'Busy') return true;
    throw error;
  }
}
