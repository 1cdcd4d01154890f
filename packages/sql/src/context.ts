/** What the reconcilers of users and databases work with. */
import type { EventRecorder, Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import type { AccessOptions } from './access/find-server.ts';
import type { Sessions } from './access/sessions.ts';
import type { PreparedDatabases } from './databases/prepare-granted.ts';
import type { Observations } from './roles/observations.ts';

export interface SqlContext extends AccessOptions {
  client: Client;
  sessions: Sessions;
  prepared: PreparedDatabases;
  observations: Observations;
  events: EventRecorder;
  log: Logger;
  now: () => Date;
}
