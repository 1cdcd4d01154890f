/** The two controllers of one definition: that of its composites and that of its claims, and what wakes them. */
import type { CompositeResourceDefinition, Service } from '@larder/catalog';
import {
  mapToOwner,
  runController,
  type Controller,
  type EventRecorder,
  type Logger,
  type Watch,
} from '@larder/controller';
import { keyOf, type Client, type KindRef, type KubeObject } from '@larder/kube';
import { ApplyMemo } from './apply-memo.ts';
import { reconcileClaim, type ClaimContext } from './claim/reconcile-claim.ts';
import { Dependencies } from './composite/dependencies.ts';
import { reconcileComposite } from './composite/reconcile-composite.ts';
import { ToldEvents } from './composite/told-events.ts';
import { CROSSPLANE_API, label, manager, type Composite } from './crossplane.ts';
import { kindsOfDefinition } from './definition/crds.ts';
import { WantedSecrets } from './claim/wanted-secrets.ts';
import { SecretRefusals } from './secret-refusals.ts';

export interface DefinedOptions {
  client: Client;
  /** Absent: somebody else's definition, for which there is no composition here. */
  service: Service | undefined;
  definition: CompositeResourceDefinition;
  log: Logger;
  events: EventRecorder;
  now: () => Date;
  concurrency: number;
  signal: AbortSignal;
}

export interface Defined {
  controllers: Controller[];
  /** The definition has changed. */
  update(definition: CompositeResourceDefinition): void;
  /** Resolves when the last turn has ended. */
  stop(): Promise<void>;
}

const secrets: KindRef = { apiVersion: 'v1', kind: 'Secret' };
const compositions: KindRef = { apiVersion: CROSSPLANE_API, kind: 'Composition' };

/** Runs until `stop`, or the signal aborts. */
export function runDefined(options: DefinedOptions): Defined {
  const ending = new AbortController();
  const shared = { ...options, signal: AbortSignal.any([options.signal, ending.signal]) };
  let { definition } = options;
  const current = (): CompositeResourceDefinition => definition;
  const { composite, claim } = kindsOfDefinition(definition);
  const refusals = new SecretRefusals();
  const composites = runComposites(shared, current, { composite, refusals });
  const refuseSecret: ClaimContext['refuseSecret'] = (of, message) => {
    if (refusals.set(of, message)) composites.enqueue(of.metadata.name);
  };
  const controllers =
    claim === undefined ? [composites] : [composites, runClaims(shared, current, { claim, composite, refuseSecret })];
  return {
    controllers,
    update: fresh => (definition = fresh),
    stop: async () => {
      ending.abort();
      await Promise.all(controllers.map(each => each.stopped));
    },
  };
}

function runComposites(
  { client, service, events, now, log, signal, concurrency }: DefinedOptions,
  definition: () => CompositeResourceDefinition,
  { composite: compositeKind, refusals }: { composite: KindRef; refusals: SecretRefusals },
): Controller {
  const dependencies = new Dependencies();
  const ownerOf = mapToOwner(compositeKind);
  const onSecret = (secret: KubeObject): string[] => [...ownerOf(secret), ...dependencies.onSecret(secret)];
  const watch = (kind: KindRef, id: 'composed' | 'required'): void => {
    const map = id === 'composed' ? ownerOf : (object: KubeObject) => dependencies.onRequired(object);
    controller.addWatch({ kind, id, map });
  };
  const memo = new ApplyMemo(manager.composed);
  const told = new ToldEvents();
  const context = {
    client,
    service,
    definition,
    compositeKind,
    events,
    told,
    memo,
    dependencies,
    refusals,
    watch,
    now,
  };
  const controller = runController({
    client,
    name: `composite/${definition().metadata.name}`,
    watches: [
      { kind: compositeKind },
      { kind: secrets, map: onSecret },
      { kind: compositions, map: ({ metadata }) => dependencies.onComposition(metadata.name) },
    ],
    reconcile: name => reconcileComposite(context, name),
    concurrency,
    signal,
    log,
    events,
  });
  return controller;
}

function runClaims(
  { client, service, events, now, log, signal, concurrency }: DefinedOptions,
  definition: () => CompositeResourceDefinition,
  kinds: { claim: KindRef; composite: KindRef; refuseSecret: ClaimContext['refuseSecret'] },
): Controller {
  const wanted = new WantedSecrets();
  const ownerOf = mapToOwner(kinds.claim, { namespaced: true });
  const watches: Watch[] = [
    { kind: kinds.claim },
    { kind: kinds.composite, map: claimOf },
    { kind: secrets, map: secret => [...ownerOf(secret), ...wanted.by(keyOf(secret))] },
  ];
  const memo = new ApplyMemo(manager.claim);
  const context = {
    client,
    service,
    definition,
    events,
    memo,
    now,
    wanted,
    refuseSecret: kinds.refuseSecret,
    claimKind: kinds.claim,
    compositeKind: kinds.composite,
  };
  return runController({
    client,
    name: `claim/${definition().metadata.name}`,
    watches,
    reconcile: key => reconcileClaim(context, key),
    concurrency,
    signal,
    log,
    events,
  });
}

/** By its reference and by its labels: one of them may have been changed by hand. */
function claimOf(object: KubeObject): string[] {
  const { claimRef } = (object as Composite).spec ?? {};
  const { [label.claimNamespace]: namespace, [label.claimName]: name } = object.metadata.labels ?? {};
  const said = claimRef === undefined ? [] : [`${claimRef.namespace}/${claimRef.name}`];
  return [...new Set([...said, ...(namespace && name ? [`${namespace}/${name}`] : [])])];
}
