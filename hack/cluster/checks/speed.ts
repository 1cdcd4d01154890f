/** Claim → Ready against the engine's own object, beside each other in one run. */
import { CLAIM, ENGINE, claimOf, engineOf, inNamespace, untilReady } from './context.ts';
import type { Check } from './context.ts';

export const speed: Check = {
  name: 'a claim is Ready soon after a bare Cluster would be',
  run: ({ client, log }) =>
    inNamespace(client, async namespace => {
      const claim = claimOf(namespace, 'speed');
      const ref = { ...CLAIM, name: 'speed', namespace };
      // Once for nothing: the image is pulled and every watch is open.
      await client.create(claimOf(namespace, 'warm'));
      const { object: warm } = await untilReady(client, { ...ref, name: 'warm' });
      const engine = await client.get((await engineOf(client, warm)).ref);
      const { imageName, storage } = engine.spec as { imageName?: string; storage?: object };
      const bare = { ...ENGINE, metadata: { name: 'bare', namespace }, spec: { instances: 1, imageName, storage } };
      let start = Date.now();
      await client.create(bare);
      const own = await untilReady(client, { ...ENGINE, name: 'bare', namespace }, start);
      start = Date.now();
      await client.create(claim);
      const claimed = await untilReady(client, ref, start);
      log(`bare Cluster ${own.seconds.toFixed(1)} s, claim ${claimed.seconds.toFixed(1)} s`);
    }),
};
