/** Events, in the two groups that Kubernetes serves them in: the same objects, with some fields under another name. */
import type { JsonObject } from '../json.ts';
import type { KubeObject } from '../objects.ts';
import type { PrinterColumn, ResourceDefinition } from '../resource.ts';
import { column, numberAt, objectAt, since, textAt, unknown, wide } from './cells.ts';
import { kindSchema, objectReference } from './meta.ts';
import { described, int32, microTime, object, text, time } from './shapes.ts';

const series = object({ count: int32, lastObservedTime: microTime });
const source = object({ component: text, host: text });
const type = described(text, 'Normal, or Warning.');

const firstSeen = (event: KubeObject, now: Date) =>
  since(event.firstTimestamp, now, since(event.eventTime, now, unknown));

function lastSeen(event: KubeObject, now: Date): string {
  const { lastObservedTime } = objectAt(event, 'series');
  if (lastObservedTime !== undefined) return since(lastObservedTime, now);
  return since(event.lastTimestamp, now, firstSeen(event, now));
}

function subject(event: KubeObject): string {
  const about = objectAt(event, 'involvedObject');
  const kind = textAt(about, 'kind').toLowerCase();
  const name = textAt(about, 'name');
  return name === '' ? kind : `${kind}/${name}`;
}

function sourceText(event: KubeObject): string {
  const from = objectAt(event, 'source');
  const component = textAt(from, 'component', textAt(event, 'reportingComponent'));
  const host = textAt(from, 'host', textAt(event, 'reportingInstance'));
  return [component, host].filter(part => part !== '').join(', ');
}

const columns: PrinterColumn[] = [
  column('Last Seen', lastSeen),
  column('Type', event => textAt(event, 'type')),
  column('Reason', event => textAt(event, 'reason')),
  column('Object', subject),
  wide('Subobject', event => textAt(objectAt(event, 'involvedObject'), 'fieldPath')),
  wide('Source', sourceText),
  column('Message', event => textAt(event, 'message').trim()),
  wide('First Seen', firstSeen),
  wide('Count', event => numberAt(objectAt(event, 'series'), 'count', numberAt(event, 'count', 1))),
  column('Name', event => event.metadata.name, { format: 'name', priority: 1 }),
];

export const event: ResourceDefinition = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  schema: kindSchema(
    'Event is a report of something that happened.',
    {
      involvedObject: described(objectReference, 'What the event is about.'),
      reason: described(text, 'Why, as a short word for machines.'),
      message: described(text, 'What happened, for people.'),
      source,
      firstTimestamp: time,
      lastTimestamp: time,
      count: described(int32, 'How often it has happened.'),
      type,
      eventTime: microTime,
      series,
      action: text,
      related: objectReference,
      reportingComponent: text,
      reportingInstance: text,
    },
    ['involvedObject'],
  ),
  columns,
  selectableFields: [
    ...['kind', 'namespace', 'name', 'uid', 'apiVersion', 'resourceVersion', 'fieldPath'].map(
      field => `.involvedObject.${field}`,
    ),
    '.reason',
    '.reportingComponent',
    '.source',
    '.type',
  ],
};

/** The core event under the names of `events.k8s.io`: it is stored as a core event. */
export const eventsV1Event: ResourceDefinition = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  schema: kindSchema('Event is a report of something that happened.', {
    eventTime: microTime,
    series,
    reportingController: text,
    reportingInstance: text,
    action: text,
    reason: text,
    regarding: described(objectReference, 'What the event is about.'),
    related: objectReference,
    note: described(text, 'What happened, for people.'),
    type,
    deprecatedSource: source,
    deprecatedFirstTimestamp: time,
    deprecatedLastTimestamp: time,
    deprecatedCount: int32,
  }),
  columns: columns.map(one => ({
    ...one,
    ...(one.cell && { cell: (object: KubeObject, now: Date) => one.cell?.(coreEventOf(object), now) ?? null }),
  })),
  selectableFields: [
    '.reason',
    '.reportingController',
    '.type',
    '.regarding.kind',
    '.regarding.name',
    '.regarding.uid',
  ],
};

/** Core name to `events.k8s.io` name. */
const renamed: Record<string, string> = {
  involvedObject: 'regarding',
  message: 'note',
  source: 'deprecatedSource',
  firstTimestamp: 'deprecatedFirstTimestamp',
  lastTimestamp: 'deprecatedLastTimestamp',
  count: 'deprecatedCount',
  reportingComponent: 'reportingController',
};

/** An `events.k8s.io` event as the core event that is stored. */
export function coreEventOf(object: KubeObject): KubeObject {
  const names = Object.fromEntries(Object.entries(renamed).map(([core, other]) => [other, core]));
  return { ...rename(object, names), apiVersion: 'v1', kind: 'Event', metadata: object.metadata };
}

/** A stored core event as `events.k8s.io` shows it. */
export function eventsV1EventOf(object: KubeObject): KubeObject {
  return { ...rename(object, renamed), apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata: object.metadata };
}

function rename(object: JsonObject, names: Record<string, string>): JsonObject {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [names[key] ?? key, value]));
}
