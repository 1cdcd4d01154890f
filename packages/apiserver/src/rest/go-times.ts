/** Times as Go parses them, and its words when it can't. Pure. */

const layouts = { second: '2006-01-02T15:04:05Z07:00', micro: '2006-01-02T15:04:05.000000Z07:00' };

/** What each part of the layout may be. Go takes a fraction of a second also where the layout has none. */
const parts: [element: string, pattern: RegExp][] = [
  ['2006', /^\d{4}/],
  ['-', /^-/],
  ['01', /^\d{2}/],
  ['-', /^-/],
  ['02', /^\d{2}/],
  ['T', /^T/],
  ['15', /^\d{2}/],
  [':', /^:/],
  ['04', /^\d{2}/],
  [':', /^:/],
];
const ends: Record<keyof typeof layouts, [element: string, pattern: RegExp][]> = {
  second: [
    ['05', /^\d{2}(?:[.,]\d+)?/],
    ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/],
  ],
  micro: [
    ['05', /^\d{2}/],
    ['.000000', /^[.,]\d{6}/],
    ['Z07:00', /^(?:Z|[+-]\d{2}:\d{2})/],
  ],
};

/** Why `text` is no time with whole seconds or more, or with exactly microseconds; `undefined` when it is one. */
export function timeProblem(text: string, precision: keyof typeof layouts): string | undefined {
  const refuse = (why: string) =>
    `parsing time ${JSON.stringify(text)}${why === '' ? '' : ` ${why}`}`.replace(' :', ':');
  let rest = text;
  for (const [element, pattern] of [...parts, ...ends[precision]]) {
    const found = pattern.exec(rest);
    if (found === null) {
      return refuse(`as "${layouts[precision]}": cannot parse ${JSON.stringify(rest)} as "${element}"`);
    }
    rest = rest.slice(found[0].length);
  }
  if (rest !== '') return refuse(`: extra text: ${JSON.stringify(rest)}`);
  const field = outOfRange(text);
  return field === undefined ? undefined : refuse(`: ${field} out of range`);
}

function outOfRange(text: string): string | undefined {
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = text.split(/[^\d]/, 6).map(Number);
  if (month < 1 || month > 12) return 'month';
  if (hour > 23) return 'hour';
  if (minute > 59) return 'minute';
  if (second > 59) return 'second';
  return day < 1 || day > new Date(Date.UTC(year, month, 0)).getUTCDate() ? 'day' : undefined;
}
