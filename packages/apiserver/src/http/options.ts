/** The options of a request, from its query and headers. Untrusted input: everything is checked. */
import {
  badRequest,
  invalid,
  invalidValue,
  isJsonObject,
  notSupported,
  tooLong,
  type DeleteOptions,
  type FieldError,
} from '@larder/kube';
import type { WriteContext } from '../rest/api.ts';
import type { ListRequest } from '../rest/read.ts';
import type { Exchange } from './exchange.ts';

const validations = ['', 'Ignore', 'Strict', 'Warn'];

/** @param kind names the options in errors: `CreateOptions` */
export function writeContextOf(exchange: Exchange, kind: string, problems: readonly string[] = []): WriteContext {
  const { query, user, warnings } = exchange;
  const errors: FieldError[] = [...dryRunErrors(query.getAll('dryRun'))];
  const validation = query.get('fieldValidation') || 'Warn';
  if (!validations.includes(validation)) errors.push(notSupported('fieldValidation', validation, validations));
  const fieldManager = query.get('fieldManager') ?? '';
  errors.push(...fieldManagerErrors(fieldManager));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', errors);
  return {
    user,
    manager: fieldManager || managerOf(exchange),
    dryRun: query.getAll('dryRun').includes('All'),
    validation: validation as WriteContext['validation'],
    problems,
    warn: text => warnings.push(text),
  };
}

function fieldManagerErrors(manager: string): FieldError[] {
  const errors: FieldError[] = manager.length > 128 ? [tooLong('fieldManager', 128)] : [];
  for (const [at, character] of [...manager].entries()) {
    if (/[\p{L}\p{M}\p{N}\p{P}\p{S} ]/u.test(character)) continue;
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0');
    errors.push(invalidValue('fieldManager', manager, `invalid character U+${code} (at position ${at})`));
  }
  return errors;
}

/** Without a field manager, the client's name stands for it: `kubectl/v1.32 …` is `kubectl`. */
function managerOf({ request }: Exchange): string {
  const agent = request.headers['user-agent'] ?? '';
  const [name = ''] = agent.split('/');
  const printable = name.replace(/[^\x20-\x7e]/g, '').slice(0, 128);
  return printable === '' ? 'unknown' : printable;
}

function dryRunErrors(values: readonly string[]): FieldError[] {
  const wrong = values.filter(value => value !== 'All' && value !== '');
  return wrong.length === 0 ? [] : [notSupported('dryRun', wrong, ['All'])];
}

/** @throws StatusError `BadRequest` */
export function listRequestOf({ query }: Exchange): ListRequest {
  return {
    labelSelector: query.get('labelSelector') ?? '',
    fieldSelector: query.get('fieldSelector') ?? '',
    limit: numberOf(query, 'limit') ?? 0,
    continue: query.get('continue') ?? '',
    resourceVersion: query.get('resourceVersion') ?? '',
    resourceVersionMatch: query.get('resourceVersionMatch') ?? '',
    sendInitialEvents: flagOf(query, 'sendInitialEvents'),
  };
}

/** @throws StatusError `BadRequest` */
export function numberOf(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name);
  if (text === null || text === '') return undefined;
  if (/^-?\d{1,15}$/.test(text)) return Number(text);
  throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`);
}

/** As Kubernetes reads booleans: whatever doesn't deny it asks for it. */
export function flagOf(query: URLSearchParams, name: string): boolean | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  return text !== '0' && text.toLowerCase() !== 'false';
}

const policies = ['Foreground', 'Background', 'Orphan'] as const;

/** From the body where there is one, else from the query, as Kubernetes does. @throws StatusError */
export function deleteOptionsOf({ query }: Exchange, body: unknown): DeleteOptions {
  const given = isJsonObject(body) ? body : fromQuery(query);
  const { propagationPolicy, orphanDependents, gracePeriodSeconds, preconditions, dryRun } = given;
  const errors: FieldError[] = [];
  if (propagationPolicy !== undefined && !policies.includes(propagationPolicy as 'Orphan')) {
    errors.push(notSupported('propagationPolicy', propagationPolicy, [...policies, 'nil']));
  }
  if (propagationPolicy !== undefined && typeof orphanDependents === 'boolean') {
    const why = 'orphanDependents and deletionPropagation cannot be both set';
    errors.push(invalidValue('propagationPolicy', propagationPolicy, why));
  }
  const dryRuns = Array.isArray(dryRun) ? dryRun.map(String) : [];
  errors.push(...dryRunErrors(dryRuns));
  if (errors.length > 0) throw invalid({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  const policy = (propagationPolicy ?? orphaning(orphanDependents)) as DeleteOptions['propagationPolicy'];
  return {
    ...(policy ? { propagationPolicy: policy } : {}),
    ...(typeof gracePeriodSeconds === 'number' ? { gracePeriodSeconds } : {}),
    ...(isJsonObject(preconditions) ? { preconditions: preconditionsOf(preconditions) } : {}),
    dryRun: dryRuns.includes('All') || query.getAll('dryRun').includes('All'),
  };
}

function fromQuery(query: URLSearchParams): Record<string, unknown> {
  return {
    propagationPolicy: query.get('propagationPolicy') ?? undefined,
    gracePeriodSeconds: numberOf(query, 'gracePeriodSeconds'),
    orphanDependents: flagOf(query, 'orphanDependents'),
    dryRun: query.getAll('dryRun'),
  };
}

/** What clients said before there was a propagation policy. */
function orphaning(orphanDependents: unknown): string | undefined {
  if (orphanDependents === true) return 'Orphan';
  return orphanDependents === false ? 'Background' : undefined;
}

function preconditionsOf({
  uid,
  resourceVersion,
}: Record<string, unknown>): NonNullable<DeleteOptions['preconditions']> {
  return {
    ...(typeof uid === 'string' ? { uid } : {}),
    ...(typeof resourceVersion === 'string' ? { resourceVersion } : {}),
  };
}
