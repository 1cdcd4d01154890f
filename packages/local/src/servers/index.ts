/** The PostgreSQL servers of this machine, as objects: `PostgresServer` and `PostgresVersion` of `local.larder.dev`. */
export { claimAccount, releaseAccount, ACCOUNTS_FOLDER, type ClaimOptions } from './accounts.ts';
export { planDisk, reserveOf, type DiskPlan, type DiskSeen, type Reserve } from './disk-plan.ts';
export { openLimits } from './limits.ts';
export { planeSession } from './login.ts';
export { capacityHere, observeMachine, type Capacity, type MachineFacts } from './machine.ts';
export { Requests } from './requests.ts';
export { loopback, type Listen, type PostgresServersOptions } from './options.ts';
export { placeOf, socketFolder, socketRoot, type InstancePlace } from './place.ts';
export { planServer, type Observed, type Step } from './plan.ts';
export { findRecord, listRecords, type InstanceRecord } from './record.ts';
export { runPostgresServers } from './run.ts';
export { tellStopped } from './tell-stopped.ts';
