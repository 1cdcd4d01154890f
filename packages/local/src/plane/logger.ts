/** The plane's log: one JSON object a line, in a file that never grows beyond its bound; older files are kept beside it. */
import { appendFileSync, renameSync, statSync } from 'node:fs';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

export interface FileLoggerOptions {
  /** Where a file ends and the next begins. @default 10 MiB */
  maxBytes?: number;
  /** How many older files stay, as `<path>.1` (the newest) and so on. @default 3 */
  keep?: number;
  /** What is less important isn't written. @default 'info' */
  level?: LogLevel;
}

const ORDER: LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** A logger that writes to `path`. A log that can't be written is dropped: it must not stop what it tells of. */
export function fileLogger(path: string, options: FileLoggerOptions = {}): Logger {
  const { maxBytes = 10 * 1024 * 1024, keep = 3, level = 'info' } = options;
  let size = sizeOf(path);
  const write =
    (at: LogLevel) =>
    (message: string, fields: Record<string, unknown> = {}) => {
      if (ORDER.indexOf(at) < ORDER.indexOf(level)) return;
      const line = `${JSON.stringify({ time: new Date().toISOString(), level: at, message, ...fields }, plainErrors)}\n`;
      try {
        if (size + line.length > maxBytes) size = rotate(path, keep);
        appendFileSync(path, line, { mode: 0o600 });
        size += Buffer.byteLength(line);
      } catch {
        // A full disk: the next line tries again.
      }
    };
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

/** JSON shows errors as `{}`. */
function plainErrors(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  const { message, stack, cause } = value;
  return { message, stack, ...(cause === undefined ? {} : { cause }) };
}

function rotate(path: string, keep: number): number {
  for (let n = keep - 1; n >= 1; n--) renameIfThere(`${path}.${n}`, `${path}.${n + 1}`);
  renameIfThere(path, `${path}.1`);
  return 0;
}

function renameIfThere(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}
