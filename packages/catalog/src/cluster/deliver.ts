/**
 * Makes a composition of an engine: how its objects reach the cluster of the databases, how credentials come back, and what is true of
 * every engine — what this release does not know stays, and what holds data is never left out of an answer.
 */
import type { Composition, CompositionRequest, DesiredComposed, Requirement } from '../composition.ts';
import { fieldAt, isRecord, textOf } from '../postgresql/fields.ts';
import { decodeBase64 } from './base64.ts';
import { claimSecret, claimSecretName, claimSecretRequirements } from './claim-secret.ts';
import { asObserved, type ClusterEngine, type CredentialSource, type EngineResponse, type Seen } from './engine.ts';
import { lendingNames, lendingObjects, lendingRequirements } from './lending.ts';
import { unwrap, wrap } from './objects.ts';
import { protect } from './protect.ts';
import { readSettings, type PlaneSettings } from './settings.ts';
import { isReady } from './ready.ts';
import { usageObject, usageName } from './usages.ts';

export interface DeliverOptions {
  engine: ClusterEngine;
  /** Where the connection details of a claim that names no secret go; absent: there are none. */
  secretName?: (claim: string) => string;
}

export function deliver({ engine, secretName }: DeliverOptions): Composition {
  return request => {
    const settings = readSettings(request.input);
    const { composite } = request;
    const composed = seenOf(request, engine, settings);
    const sources = engine.credentials(composite, settings);
    const credentials = readCredentials(request, engine, settings, sources);
    const engines = engine.compose({ composite, composed, credentials, settings, required: request.required });
    const lent = lendingObjects(request, engines, composed, settings);
    const answer = { ...engines, composed: { ...engines.composed, ...lent } };
    const wanted = deliverObjects(request, engine, settings, { answer, sources, seen: composed });
    const secret =
      settings.crossplane === 1 || secretName === undefined
        ? { composed: {}, conditions: [] }
        : claimSecret(request, answer.connectionDetails, secretName);
    const { keep: _keep, lends: _lends, ...response } = answer;
    const isBlocked = secret.conditions.length > 0;
    const own = { ...keptFrom(request, { engine, answer, composed }), ...wanted, ...secret.composed };
    const all = protect(composite, own, ['namespace', engine.holdsData]);
    return {
      ...response,
      composed: isBlocked ? notReady(all) : all,
      // The secret's refusal goes before the engine's word that the wish itself can be met.
      conditions: isBlocked
        ? [...answer.conditions.filter(({ type }) => type !== 'Accepted'), ...secret.conditions]
        : answer.conditions,
      requirements: {
        ...requirementsOf(request, engine, settings, { sources, secretName }),
        ...(answer.lends && settings.crossplane > 1 ? lendingRequirements(request) : {}),
      },
    };
  };
}

/** Nobody can use a database whose credentials they can't have. */
function notReady(composed: Record<string, DesiredComposed>): Record<string, DesiredComposed> {
  return Object.fromEntries(Object.entries(composed).map(([name, one]) => [name, { ...one, ready: false }]));
}

function seenOf(
  { composed }: CompositionRequest,
  { names, direct = [], occasions = [] }: ClusterEngine,
  { delivery }: PlaneSettings,
): Record<string, Seen> {
  const entries = Object.entries(composed).flatMap(([name, observed]): [string, Seen][] => {
    const isAsked = names.includes(name) || lendingNames.includes(name);
    if (!isAsked && !occasions.some(start => name.startsWith(start))) return [];
    const isCarried = delivery.kind === 'Object' && !direct.includes(name);
    const seen = isCarried ? unwrap(observed) : { resource: observed.resource, unread: false };
    return seen ? [[name, seen]] : [];
  });
  return Object.fromEntries(entries);
}

function isKnown(name: string, { names, occasions = [], usages }: ClusterEngine): boolean {
  if (name === claimSecretName || names.includes(name) || lendingNames.includes(name)) return true;
  return occasions.some(start => name.startsWith(start)) || usages.some(usage => usageName(usage) === name);
}

interface Keeping {
  engine: ClusterEngine;
  answer: EngineResponse;
  composed: Record<string, Seen>;
}

/** What stays as it is: objects of a newer release, all of them where a wish can't be met, and always the data. */
function keptFrom(request: CompositionRequest, { engine, answer, composed }: Keeping): Record<string, DesiredComposed> {
  const stays = (name: string): boolean =>
    !isKnown(name, engine) || (answer.keep === true && name !== claimSecretName) || name === engine.holdsData;
  return Object.fromEntries(
    Object.entries(request.composed)
      .filter(([name]) => stays(name))
      .map(([name, { resource }]) => {
        const seen = composed[name];
        return [name, { resource: asObserved(resource), ready: seen === undefined || isReady(seen.resource) }];
      }),
  );
}

interface Delivered {
  answer: EngineResponse;
  sources: Record<string, CredentialSource>;
  seen: Record<string, Seen>;
}

function deliverObjects(
  { composite, composed }: CompositionRequest,
  engine: ClusterEngine,
  { delivery }: PlaneSettings,
  { answer, sources, seen }: Delivered,
): Record<string, DesiredComposed> {
  if (delivery.kind === 'Direct') return answer.composed;
  const { name } = composite.metadata;
  const data = seen[engine.holdsData];
  const isRead = Object.keys(sources).length > 0 && areThere(engine, data, composed);
  const objects = Object.entries(answer.composed).map(([key, desired]): [string, DesiredComposed] => {
    if (engine.direct?.includes(key)) return [key, desired];
    const secret = { namespace: 'larder-system', name: `${name}-credentials`, fields: sources };
    const reads = key === engine.holdsData && isRead ? { secret } : {};
    return [key, wrap(desired, { name: `${name}-${key}`, providerConfig: delivery.providerConfig, ...reads })];
  });
  // What brings a server up is quite enough for Crossplane to look at: the order of deletion comes when it is up, and stays.
  const isUp = data !== undefined && isReady(data.resource);
  const usages = engine.usages
    .filter(({ of, by }) => composed[of] && composed[by] && answer.composed[of] && answer.composed[by])
    .filter(usage => isUp || composed[usageName(usage)] !== undefined)
    .map((usage): [string, DesiredComposed] => [usageName(usage), usageObject(name, usage)]);
  return Object.fromEntries([...objects, ...usages]);
}

/** What can't be read for a moment says nothing about them: it stays as it is. */
function areThere(engine: ClusterEngine, data: Seen | undefined, composed: CompositionRequest['composed']): boolean {
  if (engine.hasCredentials === undefined) return true;
  if (data?.unread) return fieldAt(composed[engine.holdsData]?.resource, 'spec.connectionDetails') !== undefined;
  return data !== undefined && engine.hasCredentials(data.resource);
}

/** Read from Secrets directly, or as the connection details of the Object that holds the data. */
function readCredentials(
  { required, composed }: CompositionRequest,
  { holdsData }: ClusterEngine,
  { delivery }: PlaneSettings,
  sources: Record<string, CredentialSource>,
): Record<string, string> {
  if (delivery.kind === 'Object') return composed[holdsData]?.connectionDetails ?? {};
  const entries = Object.entries(sources).map(([name, { namespace, secret, field }]) => {
    const found = required[requirementName(secret)]?.[0];
    const data = found?.metadata.namespace === namespace && isRecord(found.data) ? found.data : {};
    return [name, decodeBase64(textOf(data[field]))] as const;
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}

function requirementsOf(
  { composite }: CompositionRequest,
  engine: ClusterEngine,
  { crossplane, delivery }: PlaneSettings,
  { sources, secretName }: { sources: Record<string, CredentialSource>; secretName: DeliverOptions['secretName'] },
): Record<string, Requirement> {
  // Crossplane 1 can't look up what has a namespace.
  if (crossplane === 1) return {};
  const secrets = delivery.kind === 'Object' ? [] : Object.values(sources);
  return {
    ...(secretName === undefined ? {} : claimSecretRequirements(composite, secretName)),
    ...engine.requires?.(composite),
    ...Object.fromEntries(
      secrets.map(({ namespace, secret }) => [
        requirementName(secret),
        { apiVersion: 'v1', kind: 'Secret', namespace, matchName: secret },
      ]),
    ),
  };
}

function requirementName(secret: string): string {
  return `secret-${secret}`;
}
