/** Differences in the objects that are answered. */
import { dropping, eachObject } from '../json-bodies.ts';
import type { KnownDifference } from '../known-differences.ts';

const times = [
  ...['eventTime', 'firstTimestamp', 'lastTimestamp', 'deprecatedFirstTimestamp', 'deprecatedLastTimestamp'],
  ...['lastProbeTime', 'lastTransitionTime'],
];

/** Fields that a node or a scheduler reads, and this machine has neither. */
const schedulingFields = ['enableServiceLinks', 'preemptionPolicy', 'priority', 'tolerations'];

type Json = Record<string, unknown>;

/** Who owns a struct is only compared by its fields. */
const structsOfManagedFields = (object: Json): void => {
  if (typeof object.fieldsV1 === 'object' && object.fieldsV1 !== null) {
    trim(object.fieldsV1 as Json);
    dropping({}, 'f:spec')(object.fieldsV1 as Json);
  }
};

function trim(fields: Json): void {
  const wasEmpty = Object.keys(fields).length === 0;
  if (wasEmpty) return;
  delete fields['.'];
  for (const [field, content] of Object.entries(fields)) {
    const leaf = JSON.stringify(content) === '{}';
    trim(content as Json);
    if (!leaf && JSON.stringify(content) === '{}' && !field.startsWith('k:')) delete fields[field];
  }
}

export const objectDifferences: KnownDifference[] = [
  {
    ask: /^(jobs|cron jobs|service accounts|events|namespaces|field|a definition|json patch|merge patch|strategic)/,
    why: 'managed fields name a struct of a built-in kind as such where Go has it in every object',
    alike: eachObject(structsOfManagedFields),
  },
  {
    ask: /^media types of answers/,
    why: 'managed fields name the struct; YAML quotes a dot',
    alike: text => text.replace(/^ *"?\."?: \{\}\n/gm, ''),
  },
  {
    ask: /^(events|namespaces|service accounts|strategic merge patch 1[789])/,
    why: 'a time that nobody set is absent, not null',
    alike: eachObject(object => {
      dropping(null, ...times)(object);
      dropping({}, 'f:lastTransitionTime')(object);
    }),
  },
  {
    ask: /^(events|cron jobs|service accounts)/,
    why: 'a struct or text that is empty is absent where Go writes it always',
    alike: eachObject(object => {
      dropping({}, 'source', 'deprecatedSource', 'lastState', 'status')(object);
      dropping('', 'reportingComponent', 'reportingInstance', 'reportingController')(object);
      if ('spec' in object && !('kind' in object)) dropping({}, 'metadata')(object);
    }),
  },
  {
    ask: /^(strategic merge patch 1[6789]|service accounts, leases, pods [789]):/,
    why: 'a pod gets no defaults for nodes, schedulers and service links, of which there are none',
    alike: eachObject(object => {
      for (const field of schedulingFields) {
        delete object[field];
        delete object[`f:${field}`];
      }
      dropping('Pending', 'phase')(object);
      dropping('BestEffort', 'qosClass')(object);
      dropping({}, 'status')(object);
    }),
  },
  {
    ask: /^(selectors 34|tables 20|namespaces)/,
    why: 'what the server makes itself has its own name as manager',
    alike: text => text.replaceAll('"manager": "larder"', '"manager": "kube-apiserver"'),
  },
  {
    ask: /^status and generation 1\d:/,
    why: 'a write to /status of a custom resource changes no labels, and so owns none',
    alike: eachObject(object => {
      const { subresource, fieldsV1 } = object as { subresource?: string; fieldsV1?: Json };
      if (subresource === 'status' && fieldsV1) delete fieldsV1['f:metadata'];
    }),
  },
  {
    ask: /^scale 18:/,
    why: 'who scaled has a time, as every other manager',
    alike: eachObject(object => {
      if (object.subresource === 'scale') delete object.time;
    }),
  },
  {
    ask: /^a definition and its versions 1[23]:/,
    why: 'managed fields stay when an object is written in another version',
    alike: eachObject(object => delete object.managedFields),
  },
  {
    ask: /^(service accounts, leases, pods 3|reviews 1?\d):/,
    why: 'what is answered and not stored has no managed fields',
    alike: eachObject(object => delete object.managedFields),
  },
  {
    ask: /^jobs 30:/,
    why: "a job's pods go with it when nothing else is asked, as with kubectl; Kubernetes orphans them and warns of it",
    answers: {
      kubernetes: /^200\ncontent-type: .*\nwarning: 299 - "child pods are preserved by default[^]*"kind": "Job"/,
      larder: /^200\ncontent-type: application\/json\n\{[^]*"kind": "jobs"[^]*"status": "Success"/,
    },
  },
];
