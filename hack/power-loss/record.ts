/** Runs a program of ours under strace, which records what it asks of the kernel about files. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { CALLS } from './unsynced.ts';

/** Why a recording can't be made here, or nothing: `strace` isn't installed, or the kernel doesn't let it look. */
export function whyNotRecorded(): string | undefined {
  const trial = spawnSync('strace', ['-f', '--seccomp-bpf', '-o', '/dev/null', 'true'], { encoding: 'utf8' });
  if (trial.error) return 'strace is not installed';
  return trial.status === 0 ? undefined : `strace may not look here: ${trial.stderr.trim()}`;
}

/** A program that is being recorded. */
export interface Recorded {
  /** What it says, line by line. */
  lines: AsyncIterable<string>;
  /** Ends it and waits until the recording is whole. */
  end(): Promise<void>;
}

/** Starts a TypeScript program with its arguments; the recording goes to the file `into`. */
export function record(into: string, program: string, args: string[]): Recorded {
  // -D: the program is our child and strace a grandchild, so ending the program leaves strace to write down the rest.
  const strace = ['-D', '-f', '-y', '--seccomp-bpf', '-s', '32', '-e', `trace=${CALLS.join(',')}`, '-e', 'signal=none'];
  const child = spawn('strace', [...strace, '-o', into, process.execPath, '--import', 'tsx', program, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  return {
    lines: createInterface(child.stdout),
    end: async () => {
      child.kill('SIGKILL');
      child.stdout.resume();
      await closed;
    },
  };
}
