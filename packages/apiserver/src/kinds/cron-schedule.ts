/** Whether a text is a schedule and a name a time zone, with the words of Kubernetes' own parser. Pure. */

interface Bounds {
  min: number;
  max: number;
  names?: string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];
const fields: Bounds[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12, names: months },
  { min: 0, max: 6, names: days },
];
const descriptors = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];

/** `undefined` for a schedule. */
export function scheduleProblem(schedule: string): string | undefined {
  if (schedule.includes('TZ')) return 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead';
  if (schedule.startsWith('@')) return descriptorProblem(schedule);
  const parts = schedule.split(/\s+/).filter(part => part !== '');
  if (parts.length !== fields.length) {
    return `expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`;
  }
  for (const [index, part] of parts.entries()) {
    const problem = fieldProblem(part, fields[index] as Bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function descriptorProblem(text: string): string | undefined {
  if (descriptors.includes(text)) return undefined;
  if (!text.startsWith('@every ')) return `unrecognized descriptor: ${text}`;
  const duration = text.slice('@every '.length);
  if (
    /^[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h)(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|ms|s|m|h))*$/.test(
      duration,
    )
  )
    return undefined;
  return `failed to parse duration ${text}: time: invalid duration ${JSON.stringify(duration)}`;
}

function fieldProblem(field: string, bounds: Bounds): string | undefined {
  for (const range of field.split(',').filter(part => part !== '')) {
    const problem = rangeProblem(range, bounds);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function rangeProblem(text: string, bounds: Bounds): string | undefined {
  const [range = '', step, ...moreSteps] = text.split('/');
  const found = parseRange(range, bounds);
  if (typeof found === 'string') return found === TOO_MANY ? `${TOO_MANY}: ${text}` : found;
  if (moreSteps.length > 0) return `too many slashes: ${text}`;
  const every = numberOf(step ?? '1', []);
  if (every === undefined) return notInteger(step ?? '');
  const { min, max } = bounds;
  const { start } = found;
  const end = step !== undefined && found.isSingle ? max : found.end;
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${text}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${text}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${text}`;
  return every === 0 ? `step of range should be a positive number: ${text}` : undefined;
}

const TOO_MANY = 'too many hyphens';

/** What is before the step, or what is wrong with it. `isSingle`: one number, which a step makes the beginning of a range. */
function parseRange(
  range: string,
  { min, max, names = [] }: Bounds,
): { start: number; end: number; isSingle: boolean } | string {
  const [low = '', high, ...more] = range.split('-');
  const isAll = low === '*' || low === '?';
  const start = isAll ? min : numberOf(low, names);
  if (start === undefined) return notInteger(low);
  const end = isAll ? max : numberOf(high ?? low, names);
  if (end === undefined) return notInteger(high ?? low);
  return more.length > 0 ? TOO_MANY : { start, end, isSingle: high === undefined && !isAll };
}

function numberOf(text: string, names: readonly string[]): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + (names === months ? 1 : 0);
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

const notInteger = (text: string): string =>
  `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}: invalid syntax`;

/** Empty for the name of a time zone. */
export function timeZoneProblems(name: string): string[] {
  if (name === '') return ['timeZone must be nil or non-empty string'];
  const why = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
  return [
    ...(name.toLowerCase() === 'local' ? [why] : []),
    ...(name === 'Local' || isTimeZone(name) ? [] : [`unknown time zone ${name}`]),
  ];
}

/** As Go finds them: by their very spelling. */
function isTimeZone(name: string): boolean {
  if (!/^[A-Z][A-Za-z0-9_+-]*(?:\/[A-Z][A-Za-z0-9_+-]*)*$/.test(name)) return false;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
