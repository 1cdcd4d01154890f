/** Decides what a changed configuration means for a running server: what it reads anew, and what has to wait for a restart. */
import { asText, meansSame, type SettingRow } from './values.ts';

export interface WaitingSetting {
  name: string;
  from: string;
  to: string;
}

export interface ConfigurationPlan {
  /** What the file shall hold. A waiting setting stays as it runs: a restart for another reason must not bring it in. */
  settings: Record<string, string>;
  /** Needs a restart that nobody has allowed yet. */
  waiting: WaitingSetting[];
  /** Needs a restart that may happen now. */
  restart: WaitingSetting[];
  /** No setting of this server. */
  unknown: string[];
}

export interface ConfigurationInput {
  wanted: Record<string, string>;
  /** What the file holds, as it was written last. */
  written: Record<string, string>;
  /** What the server says of these and all other settings. */
  rows: SettingRow[];
  /** Whether a restart is allowed. */
  mayRestart: boolean;
}

export function planConfiguration({ wanted, written, rows, mayRestart }: ConfigurationInput): ConfigurationPlan {
  const known = new Map(rows.map(row => [row.name.toLowerCase(), row]));
  const plan: ConfigurationPlan = { settings: {}, waiting: [], restart: [], unknown: [] };
  for (const [name, value] of Object.entries(wanted)) {
    const row = known.get(name.toLowerCase());
    if (!row && !name.includes('.')) plan.unknown.push(name);
    else if (!row || !startOnly(row) || meansSame(row, value)) plan.settings[name] = value;
    else hold(plan, { name, from: asText(row), to: value }, mayRestart);
  }
  for (const name of Object.keys(written).filter(name => !(name in wanted))) {
    const row = known.get(name.toLowerCase());
    const usual = row?.boot_val ?? '';
    if (!row || !startOnly(row) || meansSame(row, usual)) continue;
    hold(plan, { name, from: asText(row), to: asText({ ...row, setting: usual }) }, mayRestart);
  }
  return plan;
}

function hold(plan: ConfigurationPlan, change: WaitingSetting, mayRestart: boolean): void {
  plan.settings[change.name] = mayRestart ? change.to : change.from;
  (mayRestart ? plan.restart : plan.waiting).push(change);
}

function startOnly({ context }: SettingRow): boolean {
  return context === 'postmaster';
}
