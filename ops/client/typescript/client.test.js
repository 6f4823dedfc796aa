// Run against a switch: AYNI_URL, and tokens of an operator and of an approver.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, Problem } from './client.js';

const { AYNI_URL: url, AYNI_OPERATOR: operator, AYNI_APPROVER: approver } = process.env;
const asha = new Client({ url, token: operator });
const ben = new Client({ url, token: async () => approver });

test('lists are read page by page', async () => {
  const whole = await asha.listParticipants({ limit: 500 });
  const paged = [];
  for await (const one of asha.all((query) => asha.listParticipants(query), { limit: 1 })) paged.push(one);
  assert.deepEqual(paged, whole.items);
  assert.ok(paged.length > 0);
});

test('two people change limits, and a repeated write is done once', async () => {
  const { value: limits, etag } = await asha.getParticipantLimits('alpha-ke');
  const wanted = { ...limits, payout_max: { amount: '2.00', currency: 'KES' }, reason: 'growing' };
  const how = { key: 'limits-1', ifMatch: etag };
  const made = await asha.changeLimits('alpha-ke', wanted, how);
  assert.equal(made.state, 'open');
  assert.deepEqual(await asha.changeLimits('alpha-ke', wanted, how), made);
  const approved = await ben.approveRequest(made.id, { reason: 'agreed' }, { key: 'approve-1' });
  assert.equal(approved.state, 'approved');
});

test('problems have types', async () => {
  await assert.rejects(asha.getTransfer('T0000000000001'), (problem) => {
    assert.ok(problem instanceof Problem);
    assert.equal(problem.type, 'urn:ayni:problem:not_found');
    assert.equal(problem.retry, false);
    assert.match(problem.instance, /^urn:ayni:request:/);
    return true;
  });
});

test('events come', async () => {
  const leaving = new AbortController();
  for await (const pulse of asha.watchPulse(leaving.signal)) {
    assert.equal(pulse.batch, '1');
    break;
  }
  leaving.abort();
});
