/** The catalog's response as Crossplane reads it. */
import {
  Capability,
  Ready,
  Severity,
  Status,
  Target,
  to,
  type Requirements,
  type ResourceSelector,
  type RunFunctionRequest,
  type RunFunctionResponse,
} from '@crossplane-org/function-sdk-typescript';
import type { CompositionResponse, Requirement } from '@larder/catalog';

/** Crossplane calls again after so many seconds, whatever happens. */
const ttlSeconds = 60;

export function writeResponse(request: RunFunctionRequest, answer: CompositionResponse): RunFunctionResponse {
  const response = to(request, { seconds: answer.againAfterSeconds ?? ttlSeconds, nanos: 0 });
  const desired = (response.desired ??= { composite: undefined, resources: {} });
  desired.composite = {
    resource: { status: answer.status },
    connectionDetails: bytes(answer.connectionDetails ?? {}),
    // Crossplane takes a composite that composes nothing for ready, and so a claim that was refused.
    ready: Object.keys(answer.composed).length === 0 ? Ready.READY_FALSE : Ready.READY_UNSPECIFIED,
  };
  // Not with the SDK's setDesiredComposedResources: it merges arrays of what was there before, so that they only ever grow.
  for (const [name, { resource, ready }] of Object.entries(answer.composed)) {
    desired.resources[name] = { resource, connectionDetails: {}, ready: ready ? Ready.READY_TRUE : Ready.READY_FALSE };
  }
  response.conditions = answer.conditions.map(({ type, status, reason, message, target }) => ({
    type,
    status: statuses[status],
    reason: reason ?? '',
    message: message ?? '',
    target: targets[target],
  }));
  response.results = answer.events.map(({ type, reason, message, target }) => ({
    severity: type === 'Warning' ? Severity.SEVERITY_WARNING : Severity.SEVERITY_NORMAL,
    reason,
    message,
    target: targets[target],
  }));
  response.requirements = requirements(request, answer.requirements);
  return response;
}

const statuses = {
  True: Status.STATUS_CONDITION_TRUE,
  False: Status.STATUS_CONDITION_FALSE,
  Unknown: Status.STATUS_CONDITION_UNKNOWN,
};

const targets = { Composite: Target.TARGET_COMPOSITE, CompositeAndClaim: Target.TARGET_COMPOSITE_AND_CLAIM };

/** Under the name that the caller knows, or both names where it doesn't say which. */
function requirements({ meta }: RunFunctionRequest, wanted: Record<string, Requirement>): Requirements {
  const selectors = Object.fromEntries(Object.entries(wanted).map(([name, one]) => [name, selector(one)]));
  const capabilities = meta?.capabilities ?? [];
  const saysWhat = capabilities.includes(Capability.CAPABILITY_CAPABILITIES);
  const knowsNew = !saysWhat || capabilities.includes(Capability.CAPABILITY_REQUIRED_RESOURCES);
  return { resources: knowsNew ? selectors : {}, extraResources: saysWhat && knowsNew ? {} : selectors, schemas: {} };
}

function selector(wanted: Requirement): ResourceSelector {
  const { apiVersion, kind, namespace } = wanted;
  return {
    apiVersion,
    kind,
    ...(namespace === undefined ? {} : { namespace }),
    ...('matchName' in wanted ? { matchName: wanted.matchName } : { matchLabels: { labels: wanted.matchLabels } }),
  };
}

function bytes(texts: Record<string, string>): Record<string, Buffer> {
  return Object.fromEntries(Object.entries(texts).map(([key, value]) => [key, Buffer.from(value, 'utf8')]));
}
