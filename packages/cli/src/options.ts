/** Option values: parsed in one place, refused in one voice. */
import { InvalidArgumentError, Option, type Command } from 'commander';

export type OutputFormat = 'json' | 'yaml' | 'wide' | 'name';

/** `-o` with the formats a command has. */
export function outputOption(...formats: OutputFormat[]): Option {
  return new Option('-o, --output <format>', 'print as').choices(formats);
}

export function namespaceOption(): Option {
  return new Option('-n, --namespace <name>', 'the namespace of the object').default('default');
}

/** `--timeout` in milliseconds, shown as people write it. */
export function timeoutOption(description: string, seconds: number): Option {
  return new Option('--timeout <duration>', description)
    .argParser(parseTimeout)
    .default(seconds * 1_000, seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`);
}

/** `90`, `90s`, `5m`, `1h` → milliseconds. */
export function parseTimeout(text: string): number {
  const match = /^(\d+)(s|m|h)?$/.exec(text);
  if (!match) throw new InvalidArgumentError('Give a duration such as 90s, 5m or 1h.');
  return Number(match[1]) * { s: 1_000, m: 60_000, h: 3_600_000 }[(match[2] ?? 's') as 's' | 'm' | 'h'];
}

/** `90s`, `10m`, `2h`, `3d`: that long ago; or a time. In ms since 1970. */
export function parseSince(text: string): number {
  const [, count, unit = ''] = /^(\d+)([smhd])$/.exec(text) ?? [];
  const since =
    count === undefined
      ? Date.parse(/^\d{4}-\d\d-\d\d/.test(text) ? text : '')
      : Date.now() -
        Number(count) * { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[unit as 's' | 'm' | 'h' | 'd'];
  if (Number.isNaN(since))
    throw new InvalidArgumentError('Give how long ago, such as 10m, 2h or 1d, or a time such as 2026-01-31T12:00:00Z.');
  return since;
}

/** A regular expression; case doesn't matter. */
export function parsePattern(text: string): RegExp {
  try {
    return new RegExp(text, 'i');
  } catch {
    throw new InvalidArgumentError('Give a regular expression; a \\ before . ( [ + * ? takes them as they are.');
  }
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new InvalidArgumentError('Give a port from 1 to 65535.');
  return port;
}

export function parseCount(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('Give a number.');
  return Number(text);
}

/** Help text with an example at its end, and what the exit codes mean. */
export function withExample(command: Command, ...lines: string[]): Command {
  return withHelp(command, lines, EXIT_CODES);
}

/** The same for a command that hands on the exit codes of another program. */
export function withHelp(command: Command, lines: string[], exitCodes: string): Command {
  const example = lines.map(line => `  ${line}`).join('\n');
  return command.addHelpText('after', `\nExample:\n${example}\n\n${exitCodes}`);
}

/** One line for all commands: they agree on it. */
export const EXIT_CODES = 'Exit codes: 0 done, 1 failed, 2 wrong usage, 3 not in time, 4 no plane is running.';
