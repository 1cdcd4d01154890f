/** Turns the end of a wait into a command's end: exit code 3 and what was seen last. */
import { WaitTimeoutError } from '@larder/controller';
import type { KubeObject } from '@larder/kube';
import { CommandError, EXIT } from './failure.ts';

/** What `waiting` resolves to. @throws CommandError with exit code 3 and the words of `late` when it wasn't in time */
export async function inTime<T>(
  waiting: Promise<T>,
  late: (last: KubeObject | undefined) => { message: string; remedy?: string },
): Promise<T> {
  try {
    return await waiting;
  } catch (error) {
    if (!(error instanceof WaitTimeoutError)) throw error;
    const { message, remedy } = late(error.last as KubeObject | undefined);
    throw new CommandError(message, { remedy, exitCode: EXIT.timeout, cause: error });
  }
}
