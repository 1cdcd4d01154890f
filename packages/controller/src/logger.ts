/** The logger port. Fields are scalars, so that an object with a secret in it can't be passed by accident. */

export type LogFields = Record<string, string | number | boolean | undefined>;

export interface Logger {
  /** What only somebody who looks for a fault wants: one line for each reconcile that ended. */
  debug(message: string, fields?: LogFields): void;
  /** What an operator may want to know later: one line when a thing ends, none when it begins. */
  info(message: string, fields?: LogFields): void;
  /** What somebody should look at. */
  error(message: string, fields?: LogFields): void;
  /** The same logger with these fields on every line. */
  with(fields: LogFields): Logger;
}

export const noLog: Logger = { debug() {}, info() {}, error() {}, with: () => noLog };

export interface LineLoggerOptions {
  /** Receives whole lines, line end included. Never throws. */
  write(line: string): void;
  now?: () => Date;
  /** @default 'info' */
  level?: 'debug' | 'info' | 'error';
}

const levels = ['debug', 'info', 'error'] as const;

/** Lines as `2026-01-31T10:00:00.000Z info  bound composite name=x took=12`; one record is one line, whatever is in it. */
export function lineLogger(options: LineLoggerOptions, bound: LogFields = {}): Logger {
  const least = levels.indexOf(options.level ?? 'info');
  const now = options.now ?? (() => new Date());
  const log = (level: (typeof levels)[number], message: string, fields: LogFields = {}): void => {
    if (levels.indexOf(level) < least) return;
    const pairs = Object.entries({ ...bound, ...fields }).filter(([, value]) => value !== undefined);
    const words = [
      now().toISOString(),
      level.padEnd(5),
      oneLine(message),
      ...pairs.map(([k, v]) => `${k}=${quoted(v)}`),
    ];
    options.write(`${words.join(' ')}\n`);
  };
  return {
    debug: (message, fields) => log('debug', message, fields),
    info: (message, fields) => log('info', message, fields),
    error: (message, fields) => log('error', message, fields),
    with: fields => lineLogger(options, { ...bound, ...fields }),
  };
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex -- control characters are what must not reach a terminal or split a line
  return text.replace(/[\u0000-\u001f\u007f]+/g, ' ');
}

function quoted(value: string | number | boolean | undefined): string {
  const text = String(value);
  return /^[\w./:@+-]+$/.test(text) ? text : JSON.stringify(text);
}
