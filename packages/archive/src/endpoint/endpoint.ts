/** An S3 server that somebody else runs, and the key that makes buckets on it. */
import { connect, type Connection } from '../store/connection.ts';
import type { Destination } from '../store/destination.ts';
import { storeError } from '../store/errors.ts';
import { retry } from '../store/retry.ts';

export type EndpointAccess = Omit<Destination, 'bucket' | 'prefix' | 'serverName'>;

/** Who works on an endpoint: its connection is ended when the work is over. Its errors are StoreErrors. */
export interface EndpointWork {
  client: Connection['client'];
  /** What may work in a moment is tried again. @param what `make`, of the bucket */
  ask: <T>(what: string, run: () => Promise<T>) => Promise<T>;
}

export async function onEndpoint<T>(
  access: EndpointAccess,
  bucket: string,
  work: (endpoint: EndpointWork) => Promise<T>,
): Promise<T> {
  const connection = connect({ ...access, bucket, prefix: '', serverName: '' }, { connections: 2 });
  const where = `bucket "${bucket}" at ${access.endpoint}`;
  const ask = <R>(what: string, run: () => Promise<R>): Promise<R> =>
    retry(
      () =>
        run().catch((error: unknown) => {
          throw storeError(error, what, where);
        }),
      { attempts: 3 },
    );
  try {
    return await work({ client: connection.client, ask });
  } finally {
    connection.close();
  }
}
