/** What the reconciler of PostgreSQL servers needs from the plane. */
import type { Client } from '@larder/kube';
import type { EventRecorder, Logger } from '@larder/controller';
import type { Registry } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import type { Pki } from '../pki/pki.ts';
import type { Capacity } from './machine.ts';
import type { Reserve } from './disk-plan.ts';

export interface PostgresServersOptions {
  client: Client;
  home: Home;
  pki: Pick<Pki, 'caCertificate' | 'issueServerCertificate'>;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** Where servers listen, and the name by which clients reach them. @default loopback, `localhost` */
  listen?: Listen;
  /** @default the npm registry */
  registry?: Registry;
  /** Where accounts are claimed, for all planes of this machine. @default `/var/lib/larder-uids` */
  accounts?: string;
  /** What is kept free on the disk. @default 2 % of it, at most 512 MiB, and a ballast file of a quarter of that */
  reserve?: Partial<Reserve>;
  /** What servers may request together. @default what this machine has */
  capacity?: Capacity;
  /** The wall clock. */
  clock?: () => Date;
  /** How often a server that is well is logged in to, and its files are looked at (ms). @default 60_000 */
  checkEveryMs?: number;
  /** Servers worked on at once. @default 4 */
  concurrency?: number;
}

export interface Listen {
  addresses: string[];
  /** The name by which clients reach the servers; it is in their certificates. */
  endpoint: string;
  /** Addresses of this machine beside loopback: from them whoever is on it comes to the endpoint. */
  own?: string[];
}

export const loopback: Listen = { addresses: ['127.0.0.1', '::1'], endpoint: 'localhost' };
