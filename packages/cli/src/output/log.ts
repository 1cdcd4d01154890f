/** A server's log for people: one line a record, what belongs to it below, slow statements marked. */
import { withoutPasswords, type LogRecord } from '@larder/postgres';

/** What follows a record, each in lines of its own. */
const MORE = ['detail', 'hint', 'context', 'statement'] as const;

export function logText(record: LogRecord): string {
  const { timestamp, error_severity: severity = '', user, dbname, pid } = record;
  if (timestamp === undefined) return line(record.message ?? '');
  const who = user === undefined ? '' : ` ${user}@${dbname ?? ''}`;
  const slow = slowStatement(record.message);
  const what = slow ? `SLOW    ${slow.seconds} s` : `${severity.padEnd(7)}${pid === undefined ? '' : ` [${pid}]`}`;
  const more = MORE.filter(name => record[name] !== undefined).map(
    name => `\n    ${name.toUpperCase()}: ${line(String(record[name]))}`,
  );
  return `${timestamp} ${what}${line(who)} ${line(slow?.statement ?? record.message ?? '')}${more.join('')}`;
}

/** The record as PostgreSQL wrote it, without passwords. */
export function logJson(record: LogRecord): string {
  const clean = Object.entries(record).map(([name, value]) => [
    name,
    typeof value === 'string' ? withoutPasswords(value) : value,
  ]);
  return JSON.stringify(Object.fromEntries(clean));
}

/** When it was written, in ms since 1970; `undefined`: it does not say. Logs are written in UTC. */
export function timeOf({ timestamp = '' }: LogRecord): number | undefined {
  const [, day, time] = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?) /.exec(timestamp) ?? [];
  const ms = Date.parse(`${day}T${time}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}

function slowStatement(message = ''): { seconds: string; statement: string } | undefined {
  const [, ms, statement] = /^duration: ([\d.]+) ms +(?:statement|parse|bind|execute)[^:]*: (.*)$/s.exec(message) ?? [];
  return statement === undefined ? undefined : { seconds: (Number(ms) / 1_000).toFixed(1), statement };
}

/** Further lines below the first; nothing that a terminal would obey: anybody who may connect can have it written. */
function line(text: string): string {
  return withoutPasswords(text)
    .replaceAll('\n', '\n      ')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, letter => (/[\n\t]/.test(letter) ? letter : '?'));
}
