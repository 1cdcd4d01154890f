/** What an Event must be beyond its schema: in the namespace of what it is about. */
import { invalidValue, type FieldError, type KubeObject } from '@larder/kube';
import type { Strategy } from '../rest/api.ts';

interface Event extends KubeObject {
  involvedObject?: { namespace?: string };
  /** The same in `events.k8s.io`. */
  regarding?: { namespace?: string };
}

export const eventStrategy: Strategy = {
  validate(object: Event): FieldError[] {
    const { namespace } = object.metadata;
    const about = (object.involvedObject ?? object.regarding)?.namespace ?? '';
    // What has no namespace is reported in `default`, or where its reporter lives.
    if (about === '' || about === namespace) return [];
    return [invalidValue('involvedObject.namespace', about, 'does not match event.namespace')];
  },
};
