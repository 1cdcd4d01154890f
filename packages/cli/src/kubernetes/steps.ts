/** An installation as a list of steps: each looks first, leaves alone what is there, and says what failed and where to look. */
import { CommandError } from '../failure.ts';

export interface Step {
  /** What there is after it: `Crossplane 2.3.4`. */
  name: string;
  /** What is there already, in words; `undefined`: nothing, or not all. Without it the step always runs. */
  find?(): Promise<string | undefined>;
  /** May be repeated. */
  run(): Promise<void>;
  /** A command that tells more when it fails. */
  look: string;
}

/** @throws CommandError that names the step, the cause and where to look */
export async function runSteps(steps: Step[], tell: (line: string) => void): Promise<void> {
  for (const [n, step] of steps.entries()) {
    const place = `[${n + 1}/${steps.length}]`;
    const found = await attempt(step, () => step.find?.());
    if (found !== undefined) {
      tell(`${place} ${step.name}: ${found}, left alone`);
      continue;
    }
    tell(`${place} ${step.name} ...`);
    const start = Date.now();
    await attempt(step, () => step.run());
    tell(`${place} ${step.name}: done in ${((Date.now() - start) / 1000).toFixed(1)} s`);
  }
}

async function attempt<T>(step: Step, does: () => Promise<T> | undefined): Promise<T | undefined> {
  try {
    return await does();
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    const own = cause instanceof CommandError ? cause.remedy : undefined;
    throw new CommandError(`step "${step.name}" failed: ${why}`, {
      remedy: [own, `look at: ${step.look}`].filter(Boolean).join('; '),
      cause,
    });
  }
}
