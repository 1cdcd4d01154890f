/** How a plane lends its own rights on a server that it runs: the login of an instance is no superuser, its plane is. */
import type { Endpoint, Login } from '@larder/driver';
import type { KubeObject } from '@larder/kube';

export interface LentServer {
  /** Of the server, whoever asks. */
  id: string;
  endpoint: Endpoint;
  /** Of the plane, without a database. */
  login: Omit<Login, 'database'>;
  /** The database that was made with the server. */
  database: string;
  /** Roles that are nobody's to claim: the plane's, the instance's own. */
  reserved: string[];
  /** The owner has a superuser anyway, so that `replication` gives nothing away. */
  superuserAccess: boolean;
}

export interface Lender {
  /**
   * The server whose connection secret this is, by the uid that was recorded when the plane wrote it; never by its labels, its
   * owner references or its content, which whoever can write secrets can write. `undefined`: its login's own rights must do.
   * `soon`: the secret was just written, and that it is the instance's is about to be recorded.
   */
  find(secret: KubeObject): Promise<LentServer | 'soon' | undefined>;
}

/** For planes that run no servers. */
export const nothingLent: Lender = { find: async () => undefined };
