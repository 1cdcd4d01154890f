/** What `GET pods/NAME/log` asks for, checked as Kubernetes does. Untrusted input. */
import { badRequest, forbiddenField, invalid, invalidValue, type FieldError, type KubeObject } from '@larder/kube';
import type { PodLogOptions } from '../pod-logs.ts';
import type { Exchange } from './exchange.ts';
import { flagOf, numberOf } from './options.ts';

/** @throws StatusError `BadRequest`, `Invalid` */
export function podLogOptionsOf({ query }: Exchange, pod: KubeObject): Omit<PodLogOptions, 'signal'> {
  const options = {
    follow: flagOf(query, 'follow') ?? false,
    previous: flagOf(query, 'previous') ?? false,
    timestamps: flagOf(query, 'timestamps') ?? false,
    tailLines: numberOf(query, 'tailLines'),
    sinceSeconds: numberOf(query, 'sinceSeconds'),
    limitBytes: numberOf(query, 'limitBytes'),
    sinceTime: timeOf(query.get('sinceTime')),
    container: query.get('container') || undefined,
  };
  const errors = errorsOf(options);
  if (errors.length > 0) throw invalid({ group: '', kind: 'PodLogOptions' }, pod.metadata.name, errors);
  checkContainer(pod, options.container);
  return options;
}

function errorsOf(
  options: Pick<PodLogOptions, 'tailLines' | 'limitBytes' | 'sinceSeconds' | 'sinceTime'>,
): FieldError[] {
  const { tailLines = 0, limitBytes = 1, sinceSeconds = 1, sinceTime } = options;
  const both = options.sinceSeconds !== undefined && sinceTime !== undefined;
  const positive = 'must be greater than 0';
  return [
    tailLines < 0 && invalidValue('tailLines', tailLines, 'must be greater than or equal to 0'),
    limitBytes < 1 && invalidValue('limitBytes', limitBytes, positive),
    both && forbiddenField('', 'at most one of `sinceTime` or `sinceSeconds` may be specified'),
    !both && sinceSeconds < 1 && invalidValue('sinceSeconds', sinceSeconds, positive),
  ].filter(error => error !== false);
}

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function timeOf(text: string | null): string | undefined {
  if (text === null || text === '') return undefined;
  if (rfc3339.test(text) && !Number.isNaN(Date.parse(text))) return text;
  const quoted = JSON.stringify(text);
  throw badRequest(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
}

function checkContainer({ metadata, spec }: KubeObject, container: string | undefined): void {
  const { containers = [] } = (spec ?? {}) as { containers?: { name: string }[] };
  if (container === undefined || containers.some(({ name }) => name === container)) return;
  throw badRequest(`container ${container} is not valid for pod ${metadata.name}`);
}
