/** When two texts mean the same value of a setting, as PostgreSQL reads them: `128MB` is `16384` blocks of 8 kB. */

/** A row of `pg_settings`. */
export interface SettingRow {
  name: string;
  /** In `unit`, as it is now. */
  setting: string;
  unit: string | null;
  vartype: 'bool' | 'integer' | 'real' | 'string' | 'enum';
  /** When it may change: `postmaster` means at a start only. */
  context: string;
  boot_val: string | null;
  pending_restart: boolean;
}

const BYTES: Record<string, number> = { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30, TB: 2 ** 40 };
const MILLISECONDS: Record<string, number> = { us: 0.001, ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 };

/** Whether the server's value is what `text` asks for. */
export function meansSame(row: Pick<SettingRow, 'setting' | 'unit' | 'vartype'>, text: string): boolean {
  const { setting, unit, vartype } = row;
  if (vartype === 'bool') return truth(setting) === truth(text);
  if (vartype === 'enum') return setting.toLowerCase() === text.trim().toLowerCase();
  if (vartype === 'string') return normalList(setting) === normalList(text);
  const wanted = inUnit(text, unit);
  if (wanted === undefined) return setting === text;
  return vartype === 'integer' ? Math.round(wanted) === Number(setting) : wanted === Number(setting);
}

/** The server's value as one writes it into a file. */
export function asText({ setting, unit }: Pick<SettingRow, 'setting' | 'unit'>): string {
  const blocks = /^(\d+)(kB|MB)$/.exec(unit ?? '');
  if (!blocks) return unit === null || unit === '' || Number(setting) < 0 ? setting : `${setting}${unit}`;
  return Number(setting) < 0 ? setting : `${Number(setting) * Number(blocks[1])}${blocks[2]}`;
}

function inUnit(text: string, unit: string | null): number | undefined {
  const match = /^\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?|0x[0-9a-fA-F]+)\s*([a-zA-Z]*)\s*$/.exec(text);
  if (!match) return undefined;
  const [, digits = '', suffix = ''] = match;
  const number = Number(digits);
  if (suffix === '') return number;
  const base = /^(\d*)([a-zA-Z]+)$/.exec(unit ?? '');
  if (!base) return undefined;
  const [, count = '', name = ''] = base;
  const scale = name in BYTES ? BYTES : MILLISECONDS;
  const [from, to] = [scale[suffix], scale[name]];
  if (from === undefined || to === undefined) return undefined;
  return (number * from) / (to * Number(count === '' ? 1 : count));
}

/** PostgreSQL takes any unambiguous beginning of true, false, yes, no, on and off. */
function truth(text: string): boolean | string {
  const word = text.trim().toLowerCase();
  if (word === '1' || word === 'on' || (word !== '' && ('true'.startsWith(word) || 'yes'.startsWith(word))))
    return true;
  const off = word === '0' || word === 'of' || word === 'off';
  return off || (word !== '' && ('false'.startsWith(word) || 'no'.startsWith(word))) ? false : word;
}

function normalList(text: string): string {
  return text
    .split(',')
    .map(part => part.trim())
    .join(',');
}
