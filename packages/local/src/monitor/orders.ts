/**
 * What the monitor is to watch over beside measuring: `monitor/orders/<server>.json`, written by the plane, read by the monitor. They
 * outlive the plane. What the monitor found is in `monitor/reports/<server>.json`.
 */
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AlertStatus, ServiceLevelStatus } from '@larder/catalog';
import { findText, replaceFile } from '../home/files.ts';
import type { MonitorPlace } from './place.ts';

/** A login and addresses with tokens are in it: orders are a secret. */
export interface Orders {
  server: string;
  namespace: string;
  claim: string;
  /** How an application reaches it; absent while there is no login to try. */
  probe?: Probe;
  /** Within its own maintenance now. */
  maintenance: boolean;
  /** Maintenance that is over (s since 1970). */
  maintained: { from: number; to: number }[];
  receivers: ReadyReceiver[];
}

export interface Probe {
  host: string;
  port: number;
  ca: string;
  user: string;
  password: string;
  database: string;
}

/** A receiver with its secrets; `problem` where they could not be had. */
export interface ReadyReceiver {
  name: string;
  url: string;
  authorization?: string;
  sendResolved: boolean;
  problem?: string;
}

export interface Report {
  alerts: AlertStatus[];
  serviceLevel?: ServiceLevelStatus;
  /** Receivers that could not be told, and why. */
  unreached: { receiver: string; because: string }[];
}

type Place = Pick<MonitorPlace, 'folder'>;
type Folder = 'orders' | 'reports';

/** May run twice: what stands already isn't touched. */
export function writeOrders(place: Place, orders: Orders): void {
  write(place, 'orders', orders.server, orders);
}

export function writeReport(place: Place, server: string, report: Report): void {
  write(place, 'reports', server, report);
}

export function findOrders(place: Place, server: string): Orders | undefined {
  return read<Orders>(place, 'orders', server);
}

export function findReport(place: Place, server: string): Report | undefined {
  return read<Report>(place, 'reports', server);
}

/** Of the file that `findOrders` reads. */
export function ordersPath(place: Place, server: string): string {
  return pathOf(place, 'orders', server);
}

/** May run twice. */
export function removeOrders(place: Place, server: string): void {
  for (const folder of ['orders', 'reports'] as const) rmSync(pathOf(place, folder, server), { force: true });
}

/** The servers with orders. */
export function listOrders(place: Place): string[] {
  try {
    return readdirSync(join(place.folder, 'orders'))
      .map(serverOfFile)
      .filter(server => server !== undefined)
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function write(place: Place, folder: Folder, server: string, content: object): void {
  const path = pathOf(place, folder, server);
  const text = `${JSON.stringify(content, null, 2)}\n`;
  if (findText(path) === text) return;
  mkdirSync(join(place.folder, folder), { recursive: true, mode: 0o700 });
  replaceFile(path, text);
}

function read<T>(place: Place, folder: Folder, server: string): T | undefined {
  const text = findText(pathOf(place, folder, server));
  try {
    return text === undefined ? undefined : (JSON.parse(text) as T);
  } catch {
    return undefined; // a damaged disk; it is written again
  }
}

export function reportsFolder({ folder }: Place): string {
  return join(folder, 'reports');
}

/** Whose orders or report a file of this name is; `undefined` for what is none. */
export function serverOfFile(name: string): string | undefined {
  return FILE.test(name) ? name.slice(0, -'.json'.length) : undefined;
}

const FILE = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\.json$/;

function pathOf({ folder }: Place, kind: Folder, server: string): string {
  if (FILE.test(`${server}.json`)) return join(folder, kind, `${server}.json`);
  throw new Error(`cannot watch over a server named ${JSON.stringify(server)}: that is no name of an object`);
}
