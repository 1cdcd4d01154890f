/**
 * A server's log as records, whatever wrote it: PostgreSQL's JSON (since 15), its CSV, or plain lines (what is said outside of the
 * collector, and logs of before). Which of them a line is, it says itself, so that a log may change its format as it goes.
 */

/** Named as PostgreSQL's JSON log names it; of a plain line only what can be told for sure. */
export interface LogRecord {
  timestamp?: string;
  error_severity?: string;
  message?: string;
  detail?: string;
  hint?: string;
  context?: string;
  statement?: string;
  user?: string;
  dbname?: string;
  pid?: number;
  state_code?: string;
  [field: string]: string | number | undefined;
}

/** PostgreSQL's columns, in their order; later releases have more. https://www.postgresql.org/docs/current/runtime-config-logging.html */
const COLUMNS =
  'timestamp user dbname pid remote session_id line_num ps session_start vxid txid error_severity state_code message detail hint internal_query internal_position context statement cursor_position location application_name backend_type leader_pid query_id'.split(
    ' ',
  );
const NUMBERS = new Set(['pid', 'line_num', 'internal_position', 'cursor_position', 'leader_pid', 'query_id', 'txid']);

const CSV = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ [^ ,]+,/;
const PLAIN = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+) \[(\d+)\] (?:(\S*)@(\S*) )?([A-Z]+\d?): +(.*)$/s;

/** Longer than any record that somebody reads: what doesn't end before is no record. */
const MOST = 4 * 2 ** 20;

export class LogParser {
  #rest = '';

  /** The records that end in what was added. */
  push(text: string): LogRecord[] {
    this.#rest += text;
    const records: LogRecord[] = [];
    for (let end = this.#endOfRecord(); end >= 0; end = this.#endOfRecord()) {
      const line = this.#rest.slice(0, end);
      this.#rest = this.#rest.slice(end + 1);
      if (line !== '') records.push(recordOf(line));
    }
    return records;
  }

  /** What is left, as far as it is a record. */
  end(): LogRecord[] {
    const line = this.#rest;
    this.#rest = '';
    return line === '' ? [] : [recordOf(line)];
  }

  /** Of CSV, the line break outside of quotes; -1 when it has not been written yet. */
  #endOfRecord(): number {
    let end = this.#rest.indexOf('\n');
    if (!CSV.test(this.#rest)) return end;
    for (let from = 0, open = false; end >= 0; from = end, end = this.#rest.indexOf('\n', end + 1)) {
      for (let at = from; at < end; at++) if (this.#rest[at] === '"') open = !open;
      if (!open || end > MOST) return end;
    }
    return end;
  }
}

/** All records of a text that is whole. */
export function parseLog(text: string): LogRecord[] {
  const parser = new LogParser();
  return [...parser.push(text), ...parser.end()];
}

function recordOf(line: string): LogRecord {
  if (line.startsWith('{')) return fromJson(line) ?? { message: line };
  if (CSV.test(line)) return fromCsv(line);
  const [, timestamp, pid, user, dbname, severity, message] = PLAIN.exec(line) ?? [];
  if (timestamp === undefined) return { message: line };
  return {
    timestamp,
    ...(user ? { user } : {}),
    ...(dbname ? { dbname } : {}),
    pid: Number(pid),
    error_severity: severity,
    message,
  };
}

/** `undefined` for what is cut off, or no record. */
function fromJson(line: string): LogRecord | undefined {
  try {
    // What numbers here can't hold exactly stays text.
    const exact = line.replace(/(?<!\\)"query_id":(-?\d{16,})(?=[,}])/, '"query_id":"$1"');
    const record = JSON.parse(exact) as LogRecord;
    return typeof record.message === 'string' || typeof record.error_severity === 'string' ? record : undefined;
  } catch {
    return undefined;
  }
}

function fromCsv(line: string): LogRecord {
  const record: LogRecord = {};
  for (const [index, text] of cells(line).entries()) {
    const name = COLUMNS[index];
    if (name === undefined || text === '') continue;
    record[name] = NUMBERS.has(name) && Number.isSafeInteger(Number(text)) ? Number(text) : text;
  }
  return record;
}

function cells(line: string): string[] {
  const found = line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g);
  return [...found].map(([, quoted, plain = '']) => quoted?.replaceAll('""', '"') ?? plain);
}
