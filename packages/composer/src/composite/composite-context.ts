/** What the reconciler of one kind of composite works with. */
import type { CompositeResourceDefinition, Service } from '@larder/catalog';
import type { EventRecorder } from '@larder/controller';
import type { Client, KindRef } from '@larder/kube';
import type { ApplyMemo } from '../apply-memo.ts';
import type { SecretRefusals } from '../secret-refusals.ts';
import type { Dependencies } from './dependencies.ts';
import type { ToldEvents } from './told-events.ts';

export interface CompositeContext {
  client: Client;
  service: Service | undefined;
  /** As it is now: it may change while the composer runs. */
  definition: () => CompositeResourceDefinition;
  compositeKind: KindRef;
  events: EventRecorder;
  told: ToldEvents;
  memo: ApplyMemo;
  refusals: SecretRefusals;
  dependencies: Dependencies;
  /** Begins to watch a kind that is composed or required; may be called often. */
  watch: (kind: KindRef, as: 'composed' | 'required') => void;
  now: () => Date;
}
