/** Who may do what: administrators all, everybody else only ask what there is and who they are. */
import { forbidden, unauthorized, type StatusError } from '@larder/kube';
import type { User } from '../rest/api.ts';

export type Action =
  | { kind: 'path'; verb: string; path: string }
  | {
      kind: 'resource';
      verb: string;
      group: string;
      version?: string;
      resource: string;
      subresource?: string;
      namespace: string;
      name: string;
    };

export interface Decision {
  allowed: boolean;
  reason: string;
}

/** Open to all, with or without credentials. */
const publicPaths = /^\/(healthz|livez|readyz|version)(\/.*)?$/;
/** Open to all who are known. */
const discoveryPaths = /^\/($|api$|api\/|apis$|apis\/|openapi$|openapi\/)/;

const selfReviews: Record<string, string[]> = {
  'authorization.k8s.io': ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  'authentication.k8s.io': ['selfsubjectreviews'],
};

export function authorize(user: User, action: Action): Decision {
  if (user.groups.includes('system:masters')) return { allowed: true, reason: '' };
  const known = user.groups.includes('system:authenticated');
  if (action.kind === 'path') {
    const open = publicPaths.test(action.path) || (known && discoveryPaths.test(action.path));
    return { allowed: open && action.verb === 'get', reason: '' };
  }
  const isSelfReview = action.verb === 'create' && selfReviews[action.group]?.includes(action.resource) === true;
  return { allowed: known && isSelfReview, reason: '' };
}

/** What the user is told who may not. */
export function refusal(user: User, action: Action): StatusError {
  if (!user.groups.includes('system:authenticated')) return unauthorized();
  const who = `User ${JSON.stringify(user.username)} cannot ${action.verb}`;
  if (action.kind === 'path')
    return forbidden({ group: '', resource: '' }, '', `${who} path ${JSON.stringify(action.path)}`);
  const { group, resource, subresource, namespace, name } = action;
  const what = JSON.stringify(subresource ? `${resource}/${subresource}` : resource);
  const where = namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(namespace)}`;
  return forbidden({ group, resource }, name, `${who} resource ${what} in API group ${JSON.stringify(group)} ${where}`);
}
