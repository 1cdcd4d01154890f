/**
 * What was last said of a server whose process ended while no plane ran is no longer so. It is taken back on server, composite and
 * claim before anybody is told that the plane serves: who then waits for Ready waits for the server.
 */
import { LOCAL_API_VERSION, type PostgresServer } from '@larder/catalog';
import { conditionsOf, isConditionTrue, setCondition } from '@larder/controller';
import { type Client, isNotFound, type KubeObject, type ObjectRef } from '@larder/kube';
import { isAlive } from '@larder/postgres';
import type { Home } from '../home/home.ts';
import { placeOf } from './place.ts';
import { findRecord } from './record.ts';

const SERVER = { apiVersion: LOCAL_API_VERSION, kind: 'PostgresServer' };
const MESSAGE = 'the server does not run: the plane that came back starts it';

/** May run twice. Servers that run are not touched. */
export async function tellStopped(client: Client, home: Pick<Home, 'instances'>, now: Date): Promise<void> {
  const items = await serversOf(client);
  const said = items.filter(server => isConditionTrue(conditionsOf(server), 'Ready'));
  await Promise.all(
    said.map(async server => {
      if (await isRunning(home, server)) return;
      await takeBack(client, server, { reason: 'Stopped', now });
      const composite = await ownerOf(client, server);
      if (!composite) return;
      await takeBack(client, composite, { reason: 'Creating', now });
      const claim = await claimOf(client, composite);
      if (claim) await takeBack(client, claim, { reason: 'Waiting', now });
    }),
  );
}

/** Before the first start of all there is no such kind. */
async function serversOf(client: Client): Promise<PostgresServer[]> {
  try {
    return (await client.list<PostgresServer>(SERVER)).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}

async function isRunning(home: Pick<Home, 'instances'>, { metadata }: PostgresServer): Promise<boolean> {
  // One whose record can't be read is told by its reconciler.
  const record = await findRecord(placeOf(home, metadata.name)).catch(() => undefined);
  return record?.process !== undefined && isAlive(record.process);
}

async function ownerOf(client: Client, { metadata }: PostgresServer): Promise<KubeObject | undefined> {
  const owner = metadata.ownerReferences?.find(({ controller }) => controller);
  return owner && client.find({ apiVersion: owner.apiVersion, kind: owner.kind, name: owner.name });
}

async function claimOf(client: Client, composite: KubeObject): Promise<KubeObject | undefined> {
  const { claimRef } = (composite.spec ?? {}) as { claimRef?: ObjectRef };
  return claimRef && client.find(claimRef);
}

async function takeBack(
  client: Client,
  object: KubeObject,
  { reason, now }: { reason: string; now: Date },
): Promise<void> {
  const condition = { type: 'Ready', status: 'False' as const, reason, message: MESSAGE };
  const conditions = setCondition(conditionsOf(object), condition, now);
  await client.updateStatus({ ...object, status: { ...(object.status as object), conditions } });
}
