import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findSelectedName, isBadRequest, matchesFields, parseFieldSelector } from '@larder/kube';

const event = {
  apiVersion: 'v1',
  kind: 'Event',
  metadata: { name: 'e1', namespace: 'default' },
  reason: 'a,b=c\\d',
  involvedObject: { name: 'postgres1' },
};
const allowed = ['.reason', 'involvedObject.name', 'involvedObject.uid'];

describe('field selectors', () => {
  for (const [text, matches] of [
    ['', true],
    ['metadata.name=e1', true],
    ['metadata.name==e1,metadata.namespace!=kube-system', true],
    ['metadata.name!=e1', false],
    ['reason=a\\,b\\=c\\\\d', true],
    ['involvedObject.name=postgres1,involvedObject.uid=', true],
    ['involvedObject.uid!=', false],
  ] as const) {
    it(`"${text}" ${matches ? 'matches' : "doesn't match"}`, () => {
      assert.equal(matchesFields(parseFieldSelector(text, allowed), event), matches);
    });
  }
  for (const [text, message] of [
    ['spec.x=1', 'field label not supported: spec.x'],
    ['metadata.name', "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['reason=a\\b', 'invalid field selector: invalid escape sequence: \\b'],
    ['reason=a\\', 'invalid field selector: invalid escape sequence: \\'],
    ['reason=a=b', 'invalid field selector: unescaped character in value: ='],
  ] as const) {
    it(`refuse "${text}"`, () => {
      assert.throws(
        () => parseFieldSelector(text, allowed),
        error => isBadRequest(error) && error.message === message,
      );
    });
  }
  it('tell the one name that is asked for', () => {
    assert.equal(findSelectedName(parseFieldSelector('metadata.name=e1')), 'e1');
    assert.equal(findSelectedName(parseFieldSelector('metadata.name!=e1')), undefined);
  });
});
