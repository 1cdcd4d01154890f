/** Fills secrets whose annotations ask for generated values, as mittwald's controller does on a cluster. */
import { randomBytes } from 'node:crypto';
import { refOfKey, runController, type EventRecorder, type Logger } from '@larder/controller';
import type { Client } from '@larder/kube';
import { generated, planSecret, type Secret } from './generate.ts';

export interface SecretGeneratorOptions {
  client: Client;
  log: Logger;
  events: EventRecorder;
  signal: AbortSignal;
  /** The wall clock. */
  clock?: () => Date;
}

const SECRET = { apiVersion: 'v1', kind: 'Secret' };

/** Resolves when the signal has aborted and no work is under way. */
export async function runSecretGenerator(options: SecretGeneratorOptions): Promise<void> {
  const { client, events, log, clock = () => new Date() } = options;
  const controller = runController({
    ...options,
    name: 'secret-generator',
    watches: [{ kind: SECRET }],
    async reconcile(key) {
      const secret = await client.find<Secret>(refOfKey(SECRET, key));
      if (!secret || secret.metadata.deletionTimestamp !== undefined) return;
      const plan = planSecret(secret);
      if (plan.kind === 'nothing') return;
      if (plan.kind === 'refused')
        return events.record(secret, { type: 'Warning', reason: 'GenerationRefused', message: plan.message });
      await client.update(generated(secret, plan, randomBytes, clock()), { fieldManager: 'larder-secret-generator' });
      log.info('generated secret values', { secret: key, keys: plan.keys.join(',') });
    },
  });
  await controller.stopped;
}
