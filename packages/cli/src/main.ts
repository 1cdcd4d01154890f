/** `larder`: parses the command line, runs one command, and turns its end into an exit code. */
import { CommanderError } from 'commander';
import { describeFailure, EXIT } from './failure.ts';
import { buildProgram } from './program.ts';
import type { Surroundings } from './surroundings.ts';

/** The exit code of `larder <args>`. Never throws. */
export async function main(args: string[], surroundings: Surroundings): Promise<number> {
  const program = buildProgram(surroundings);
  try {
    await program.parseAsync(args, { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (error) {
    // commander has printed its own complaint, or the help that was asked for
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    const { text, exitCode } = describeFailure(error);
    process.stderr.write(`${text}\n`);
    return exitCode;
  }
}
