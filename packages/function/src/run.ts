/** One call: finds the engine that the Composition names, asks it, and says in the log whose claim it was. */
import { fatal, to, type RunFunctionRequest, type RunFunctionResponse } from '@crossplane-org/function-sdk-typescript';
import { services, type Composition, type Service } from '@larder/catalog';
import type { KubeObject } from '@larder/kube';
import { readRequest } from './request.ts';
import { writeResponse } from './response.ts';

/** Who a call was about, for the log. Holds no secret. */
export interface About {
  kind: string;
  composite: string;
  claim?: string;
  namespace?: string;
  engine?: string;
}

export interface Outcome {
  response: RunFunctionResponse;
  about: About;
  /** A fault of ours or of the Composition: the call fails, and everything stays as it is. A user's mistake never gets here. */
  fault?: Error;
}

export function run(request: RunFunctionRequest, offered: readonly Service[] = services): Outcome {
  const read = readRequest(request);
  const about = aboutOf(read.composite, read.input);
  try {
    const answer = composition(read.input, offered)(read);
    return { response: writeResponse(request, answer), about };
  } catch (error) {
    const fault = error instanceof Error ? error : new Error(String(error));
    const response = to(request);
    fatal(response, `cannot compose ${about.kind} "${about.composite}": ${fault.message}`);
    return { response, about, fault };
  }
}

function composition(input: Record<string, unknown> | undefined, offered: readonly Service[]): Composition {
  const [service, engine] = [input?.service, input?.engine].map(String);
  const found = offered.find(each => each.name === service)?.clusterCompositions?.find(each => each.engine === engine);
  if (found) return found.compose;
  const choices = offered.flatMap(each =>
    (each.clusterCompositions ?? []).map(({ engine: name }) => `${each.name}/${name}`),
  );
  throw new Error(`input.service/input.engine: "${service}/${engine}" is not on offer: choose ${choices.join(' or ')}`);
}

function aboutOf(composite: Partial<KubeObject>, input: Record<string, unknown> | undefined): About {
  const claim = (composite.spec as { claimRef?: { name?: string; namespace?: string } } | undefined)?.claimRef;
  return {
    kind: composite.kind ?? '',
    composite: composite.metadata?.name ?? '',
    ...(claim?.name === undefined ? {} : { claim: claim.name }),
    ...(claim?.namespace === undefined ? {} : { namespace: claim.namespace }),
    ...(typeof input?.engine === 'string' ? { engine: input.engine } : {}),
  };
}
