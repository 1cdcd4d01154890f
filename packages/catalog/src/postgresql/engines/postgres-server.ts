/** The kinds that the local engine composes or reads: `local.larder.dev/v1alpha1`. The local plane reconciles them. */
import type { Condition, KubeObject } from '@larder/kube';

export const LOCAL_API_VERSION = 'local.larder.dev/v1alpha1';

/** One PostgreSQL server on this machine. Cluster-scoped. */
export interface PostgresServer extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresServer';
  spec: PostgresServerSpec;
  status?: PostgresServerStatus;
}

export interface PostgresServerSpec {
  /** Exactly what shall run: `17.10`, chosen by the catalog from what is on offer. Another minor than runs waits for its time. */
  version: string;
  /** Bytes for the whole instance, WAL included. */
  storageBytes: number;
  /** Hard limits; absent where the claim sets none. */
  memoryBytes?: number;
  milliCpu?: number;
  /** What the machine must have left for it, beside what all other servers request. */
  requests?: { memoryBytes?: number; milliCpu?: number };
  /** `postgresql.conf` settings: the owner's and those the catalog derives from the sizes. */
  settings: Record<string, string>;
  extensions: { name: string; version?: string }[];
  /** Database and owner role that are made at the first start. */
  database: string;
  owner: string;
  superuserAccess: boolean;
  allowedCIDRs: string[];
  /** When a change that interrupts connections may happen. */
  apply: 'Scheduled' | 'Immediate' | 'Manual';
  /** When the maintenance windows are. */
  updates?: { schedule: string; window: string; timeZone: string };
  /** A higher major version that the owner wants, with its settings; `version` stays of the major that has the data. */
  nextMajor?: { version: string; settings: Record<string, string> };
  /** The backup that it begins with; looked at once, before its first start. */
  restore?: ServerRestore;
  /** Where the reconciler writes the credentials: username, password, database, endpoint, port, ca.crt, and the superuser's if asked. */
  writeConnectionSecretToRef: { namespace: string; name: string };
}

export interface ServerRestore {
  /** With `endpointURL`, `destinationPath`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, and `ca.crt` where it needs one. */
  storeSecretRef: { namespace: string; name: string };
  /** Whose backup, in barman's words. */
  serverName: string;
  /** `20261123T001148` */
  backupId: string;
  /** RFC 3339; absent: all that is in the archive. */
  targetTime?: string;
}

export interface PendingChange {
  field: string;
  from: string;
  to: string;
  needs: 'Reload' | 'Restart' | 'NewServer';
  why: string;
  /** RFC 3339, or what it waits for in words. */
  when: string;
}

export interface PostgresServerStatus {
  conditions?: Condition[];
  observedGeneration?: number;
  /** What runs, asked of the server. */
  version?: string;
  /** Where the binaries come from and what they bring; recorded at the first start. */
  origin?: { source: 'npm' | 'system'; package: string; openssl?: string; icu?: string; collation?: string };
  endpoint?: string;
  port?: number;
  systemIdentifier?: string;
  storage?: { used: string; size: string };
  resources?: { enforced: boolean; message?: string };
  /** Whether its WAL is archived. */
  archiving?: boolean;
  pendingChanges?: PendingChange[];
  maintenance?: MaintenanceStatus;
  /** The uid of the PostgresChange that has all to itself: nobody else touches process, files and record. */
  handsOff?: string;
  /** The last major upgrade, while both servers are there. */
  upgrade?: UpgradeReport;
  /** The last restart that was no accident. */
  lastRestart?: RestartReport;
}

export interface MaintenanceStatus {
  /** When the next window opens; the one that is open, while one is. Absent when none will. */
  nextWindow?: string;
  /** Present exactly while something is done that may interrupt connections. */
  current?: {
    startedAt: string;
    operation: string;
    until?: string;
    step?: string;
    message?: string;
    estimatedEnd?: string;
  };
  /** What was done last, in a window or when its owner said so. */
  lastRun?: MaintenanceRun;
  /** Why nothing is done although changes wait. */
  message?: string;
}

export interface MaintenanceRun {
  operation: string;
  startedAt: string;
  completedAt: string;
  result: 'Succeeded' | 'Failed' | 'Cancelled' | 'Skipped';
  /** What was done, in words. */
  done?: string[];
  /** How long nobody could connect, such as 0.23s. */
  downtime?: string;
  message?: string;
}

export interface UpgradeReport {
  from: string;
  to: string;
  /** When the new server took the place of the old one; RFC 3339. */
  switchedAt: string;
  /** Until when `larder rollback` goes back without losing anything; absent when that is over. */
  rollbackUntil?: string;
  /** What the comparison of both servers said, and why nobody can go back any more. */
  message?: string;
}

export interface RestartReport {
  /** The uid of the PostgresChange that asked for it; absent where the policy did. */
  by?: string;
  startedAt: string;
  completedAt: string;
  /** Such as 0.23s. */
  downtime: string;
  result: 'Succeeded' | 'Failed';
  /** What went wrong, and what runs now. */
  message?: string;
}

/** A PostgreSQL version that this plane can provide. Cluster-scoped, named `<version>-<source>`, labelled `larder.dev/on-offer: "true"`. */
export interface PostgresVersion extends KubeObject {
  apiVersion: typeof LOCAL_API_VERSION;
  kind: 'PostgresVersion';
  spec: {
    /** `17.10` */
    version: string;
    major: number;
    source: 'npm' | 'system';
    package: string;
    installed: boolean;
    openssl?: string;
    icu?: string;
    /** `2029-11-08`: the community's last day for this major. */
    endOfLife: string;
    /** False for majors that new instances don't get any more. */
    supported: boolean;
  };
}
