/** What an instance on a cluster shall be, before any engine's own rules: version, sizes, settings, or why not. */
import type { PlaneSettings } from '../../../cluster/settings.ts';
import { factsOf } from '../../facts/facts.ts';
import { refuseExtensions } from '../../extensions.ts';
import { parseNetwork } from '../../networks.ts';
import type { Parameters } from '../../parameters.ts';
import { refuseAlerts } from '../../alerts/cluster.ts';
import { refuseBackups, refuseRestore } from '../../backup/cluster.ts';
import type { Refused } from '../../refused.ts';
import { checkSettings } from '../../settings/check.ts';
import { sizedSettings, type Capacity } from '../../sizing.ts';
import { chooseVersion } from '../../versions/choose.ts';
import { majorOf } from '../../versions/versions.ts';
import type { Verdict } from '../acceptance.ts';
import { bytesText } from '../local-machine.ts';
import { serverSettings } from '../server-settings.ts';

/** What runs. */
export interface Running {
  version: string;
  storageBytes: number;
}

export interface Plan {
  kind: 'accepted';
  version: string;
  /** A minor upgrade that waits. */
  upgrade?: { from: string; to: string };
  /** All of `postgresql.conf` that the catalog decides, `shared_preload_libraries` among it. */
  settings: Record<string, string>;
  /** The owner's, as numbers: bytes or the setting's own unit. */
  amounts: Record<string, number>;
}

export type Decision = Plan | Exclude<Verdict, { kind: 'accepted' }>;

export function decide(wanted: Parameters, settings: PlaneSettings, running: Running | undefined): Decision {
  const { images } = settings;
  const onOffer = images.map(({ version }) => version);
  if (onOffer.length === 0 && !running) {
    const message =
      'The Composition offers no PostgreSQL version: the platform team fills input.images of its pipeline.';
    return { kind: 'waiting', reason: 'VersionsNotListed', message };
  }
  const choice = chooseVersion({ wish: wanted.version, onOffer, ...(running ? { running: running.version } : {}) });
  const early = [
    ...refuseAlerts(wanted.alerts, settings),
    ...refuseBackups(wanted.backup),
    ...refuseRestore(wanted.restore),
    ...refuseShrinking(wanted, running),
    ...refuseNetworks(wanted.allowedCIDRs),
  ];
  if (choice.kind === 'refused') return { kind: 'refused', refusals: [choice.refused, ...early] };
  if (choice.kind === 'major') throw new Error('a major upgrade was chosen although it can not be made');
  const version = choice.kind === 'use' ? choice.version : wanted.apply === 'Immediate' ? choice.to : choice.from;
  const capacity = capacityOf(wanted);
  const checked = checkSettings(wanted.settings, majorOf(version), capacity);
  const refusals = [...early, ...checked.refusals, ...refuseExtensions(wanted.extensions, majorOf(version))];
  if (refusals.length > 0) return { kind: 'refused', refusals };
  const sized = sizedSettings(capacity, checked.amounts.max_connections);
  const waits = choice.kind === 'upgrade' && version === choice.from;
  return {
    kind: 'accepted',
    version,
    ...(waits ? { upgrade: { from: choice.from, to: choice.to } } : {}),
    settings: serverSettings(sized, checked.settings),
    amounts: checked.amounts,
  };
}

/** What sizes the instance: its limits, else its requests, else 1 GiB and one processor. */
function capacityOf({ limits, requests, storageBytes }: Parameters): Capacity {
  return {
    storageBytes,
    memoryBytes: limits.memoryBytes ?? requests.memoryBytes ?? 1024 ** 3,
    cpus: Math.max(1, Math.ceil((limits.milliCpu ?? requests.milliCpu ?? 1000) / 1000)),
  };
}

/** The settings of a plan that take a restart, and the others. */
export function splitByRestart(
  settings: Record<string, string>,
  version: string,
): { restarting: Record<string, string>; reloadable: Record<string, string> } {
  const facts = factsOf(majorOf(version)).settings;
  const split = { restarting: {} as Record<string, string>, reloadable: {} as Record<string, string> };
  for (const [name, value] of Object.entries(settings)) {
    const part = facts[name]?.context === 'postmaster' ? split.restarting : split.reloadable;
    part[name] = value;
  }
  return split;
}

/** Memory and processors as `limits.memory: 1Gi`. */
export function resourceTexts({ limits, requests }: Parameters): Record<string, string> {
  const texts = Object.entries({ limits, requests }).flatMap(([kind, { memoryBytes, milliCpu }]) => [
    ...(memoryBytes === undefined ? [] : [[`${kind}.memory`, bytesText(memoryBytes)]]),
    ...(milliCpu === undefined ? [] : [[`${kind}.cpu`, cpuText(milliCpu)]]),
  ]);
  return Object.fromEntries(texts) as Record<string, string>;
}

export function cpuText(milliCpu: number): string {
  return milliCpu % 1000 === 0 ? String(milliCpu / 1000) : `${milliCpu}m`;
}

function refuseShrinking(wanted: Parameters, running: Running | undefined): Refused[] {
  if (!running || wanted.storageBytes >= running.storageBytes) return [];
  const because = `is less than the ${bytesText(running.storageBytes)} that the instance has, and storage can not shrink: choose as much or more`;
  return [{ reason: 'StorageShrinks', field: 'resources.storageSize', value: bytesText(wanted.storageBytes), because }];
}

function refuseNetworks(networks: string[]): Refused[] {
  return networks.flatMap((value, index): Refused[] => {
    if (parseNetwork(value)) return [];
    const because = 'is no network: write address and prefix length, such as 10.0.0.0/8';
    return [{ reason: 'NetworkNotPossible', field: `network.allowedCIDRs[${index}]`, value, because }];
  });
}
