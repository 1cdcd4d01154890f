/** Calls a composition until it has been given everything it wants to read. */
import type { Composition, CompositionRequest, CompositionResponse, Requirement } from '@larder/catalog';
import { equalJson, isNotFound, type Client, type KubeObject } from '@larder/kube';

/** As Crossplane: a function that asks for something new each time is broken. */
const MOST_ROUNDS = 5;

export interface RunInput {
  client: Client;
  /** For messages. */
  name: string;
  compose: Composition;
  composite: KubeObject;
  composed: CompositionRequest['composed'];
  /** What it required last time: saves a round. */
  remembered: Record<string, Requirement>;
}

/** @throws Error when the composition throws or doesn't settle */
export async function runComposition(input: RunInput): Promise<CompositionResponse> {
  const { client, name, compose, composite, composed } = input;
  let asked = input.remembered;
  let required: CompositionRequest['required'] = await fetchAll(client, asked);
  for (let round = 0; round <= MOST_ROUNDS; round++) {
    const response = call(name, compose, { composite, composed, required });
    if (equalJson(response.requirements, asked)) return response;
    asked = response.requirements;
    required = await fetchAll(client, asked);
  }
  throw new Error(`cannot compose with "${name}": its requirements still change after ${MOST_ROUNDS} rounds`);
}

function call(name: string, compose: Composition, request: CompositionRequest): CompositionResponse {
  try {
    return compose(request);
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`cannot compose with "${name}": ${message}`, { cause });
  }
}

async function fetchAll(client: Client, asked: Record<string, Requirement>): Promise<Record<string, KubeObject[]>> {
  const found: Record<string, KubeObject[]> = {};
  for (const [name, requirement] of Object.entries(asked)) found[name] = await fetchOne(client, requirement);
  return found;
}

/** A kind that isn't served has no objects. */
async function fetchOne(client: Client, requirement: Requirement): Promise<KubeObject[]> {
  const { apiVersion, kind, namespace } = requirement;
  try {
    if ('matchName' in requirement) {
      const object = await client.find({ apiVersion, kind, namespace, name: requirement.matchName });
      return object === undefined ? [] : [object];
    }
    const labelSelector = Object.entries(requirement.matchLabels)
      .map(([key, value]) => `${key}=${value}`)
      .join(',');
    return (await client.list({ apiVersion, kind }, { namespace, labelSelector })).items;
  } catch (error) {
    if (isNotFound(error)) return [];
    throw error;
  }
}
