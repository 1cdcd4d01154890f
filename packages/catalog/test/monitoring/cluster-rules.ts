/** The rules that are composed beside an instance of CloudNativePG. */
import type { RuleGroup } from '@larder/catalog';
import { changed, composeRequest, settled, wellKnown } from '../cluster/requests.ts';

export interface ClusterRules {
  groups: RuleGroup[];
  namespace: string;
  labels: Record<string, string>;
}

/** @throws Error when none are composed */
export function clusterRules(monitoring: object = { prometheusOperator: true }, enabled = true): ClusterRules {
  const running = changed(settled({ engine: 'cloudnativepg' }), { ...wellKnown, alerts: { enabled } });
  const found = composeRequest({ ...running, input: { ...running.input, monitoring } }).composed.alerts?.resource;
  if (!found) throw new Error('no rules are composed');
  const { namespace = '', labels = {} } = found.metadata;
  return { groups: (found.spec as { groups: RuleGroup[] }).groups, namespace, labels };
}
