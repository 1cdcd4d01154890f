/** The rules that are composed beside an instance of CloudNativePG. */
import type { CompositionResponse, RuleGroup } from '@larder/catalog';
import { changed, composeRequest, settled, wellKnown, type Engine } from '../cluster/requests.ts';

export interface ClusterRules {
  groups: RuleGroup[];
  namespace: string;
  labels: Record<string, string>;
}

/** What is composed beside an instance for the Prometheus Operator, by its name. */
export function clusterMonitoring(
  monitoring: object = { prometheusOperator: true },
  enabled = true,
  engine: Engine = 'cloudnativepg',
): CompositionResponse['composed'] {
  const running = changed(settled({ engine }), { ...wellKnown, alerts: { enabled } });
  return composeRequest({ ...running, input: { ...running.input, monitoring } }).composed;
}

/** @throws Error when none are composed */
export function clusterRules(monitoring: object = { prometheusOperator: true }, enabled = true): ClusterRules {
  const found = clusterMonitoring(monitoring, enabled).alerts?.resource;
  if (!found) throw new Error('no rules are composed');
  const { namespace = '', labels = {} } = found.metadata;
  return { groups: (found.spec as { groups: RuleGroup[] }).groups, namespace, labels };
}
