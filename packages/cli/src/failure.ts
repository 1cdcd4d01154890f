/** How a command ends: its exit code, and what it says when it failed. */
import { ConnectionError } from '@larder/controller';
import { StatusError } from '@larder/kube';

/** Documented in every command's help; scripts rely on them. */
export const EXIT = { ok: 0, failure: 1, usage: 2, timeout: 3, notRunning: 4 } as const;

/** A failure with words for the user: what couldn't be done and why, then what to do. */
export class CommandError extends Error {
  override name = 'CommandError';
  readonly exitCode: number;
  readonly remedy: string | undefined;

  constructor(message: string, options: { remedy?: string; exitCode?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.remedy = options.remedy;
    this.exitCode = options.exitCode ?? EXIT.failure;
  }
}

/** The lines for standard error, and the exit code. Stacks are for faults of ours, and shown with LARDER_DEBUG only. */
export function describeFailure(error: unknown): { text: string; exitCode: number } {
  if (error instanceof CommandError) return { text: linesOf(error.message, error.remedy), exitCode: error.exitCode };
  if (error instanceof ConnectionError)
    return {
      text: linesOf(error.message, 'larder status tells whether the plane runs, larder up starts it again'),
      exitCode: EXIT.failure,
    };
  if (error instanceof StatusError) return { text: linesOf(error.message, remedyOf(error)), exitCode: EXIT.failure };
  const message = error instanceof Error ? error.message : String(error);
  const stack = process.env.LARDER_DEBUG && error instanceof Error ? `\n${error.stack}` : '';
  return { text: linesOf(message) + stack, exitCode: EXIT.failure };
}

function linesOf(message: string, remedy?: string): string {
  return remedy === undefined ? `larder: ${message}` : `larder: ${message}\n  ${remedy}`;
}

function remedyOf(error: StatusError): string | undefined {
  if (error.code === 401) return 'the kubeconfig is not of this plane: see larder status';
  if (error.reason === 'Conflict')
    return 'somebody else owns these fields: larder apply --force-conflicts takes them over';
  return undefined;
}
