/** Claim → Ready against the engine's own object, in turns in one run. */
import { CLAIM, ENGINE, claimOf, engineOf, inNamespace, untilGone, untilReady } from './context.ts';
import type { Check } from './context.ts';

const TURNS = 3;

export const speed: Check = {
  name: 'a claim is Ready soon after a bare Cluster would be',
  run: ({ client, log }) =>
    inNamespace(client, async namespace => {
      const claimed = async (name: string): Promise<number> => {
        const start = Date.now();
        await client.create(claimOf(namespace, name));
        return (await untilReady(client, { ...CLAIM, name, namespace }, start)).seconds;
      };
      const own = async (name: string, spec: object): Promise<number> => {
        const start = Date.now();
        await client.create({ ...ENGINE, metadata: { name, namespace }, spec: { ...spec, instances: 1 } });
        return (await untilReady(client, { ...ENGINE, name, namespace }, start)).seconds;
      };
      const remove = async (ref: typeof CLAIM, name: string): Promise<void> => {
        await client.delete({ ...ref, name, namespace });
        await untilGone(client, { ...ref, name, namespace });
      };
      // Once for nothing: the image is pulled and every watch is open.
      await claimed('warm');
      const warm = await client.get({ ...CLAIM, name: 'warm', namespace });
      const { imageName, storage } = (await client.get((await engineOf(client, warm)).ref)).spec as Engine;
      await remove(CLAIM, 'warm');
      const differences: number[] = [];
      for (let turn = 1; turn <= TURNS; turn += 1) {
        const bare = await own('bare', { imageName, storage });
        await remove(ENGINE, 'bare');
        const claim = await claimed('speed');
        await remove(CLAIM, 'speed');
        differences.push(claim - bare);
        log(`turn ${turn}: bare Cluster ${bare.toFixed(1)} s, claim ${claim.toFixed(1)} s`);
      }
      const [, median = NaN] = differences.sort((left, right) => left - right);
      log(`a claim takes ${median.toFixed(1)} s more than a bare Cluster, median of ${TURNS}; at most 3 s are meant`);
    }),
};

interface Engine {
  imageName?: string;
  storage?: object;
}
