// Generated from ops/api/testdata/openapi.json. Do not edit.
import { Base, segment } from './base.js';
export * from './base.js';

export class Client extends Base {
  approveRequest(id, body, how) { return this.write('POST', `/v1/requests/${segment(id)}/approval`, body, how); }
  changeLimits(name, body, how) { return this.write('PUT', `/v1/participants/${segment(name)}/limits`, body, how); }
  changeSuspension(name, body, how) { return this.write('PUT', `/v1/participants/${segment(name)}/suspension`, body, how); }
  changeWebhook(id, body, how) { return this.write('PUT', `/v1/webhooks/${segment(id)}`, body, how); }
  getBatch(id) { return this.read(`/v1/batches/${segment(id)}`, {}); }
  getDifference(id) { return this.read(`/v1/differences/${segment(id)}`, {}); }
  getLog() { return this.read(`/v1/log`, {}); }
  getOrder(ref) { return this.read(`/v1/orders/${segment(ref)}`, {}); }
  getParticipant(name) { return this.readTagged(`/v1/participants/${segment(name)}`, {}); }
  getParticipantLimits(name) { return this.readTagged(`/v1/participants/${segment(name)}/limits`, {}); }
  getPool(pool) { return this.read(`/v1/pools/${segment(pool)}`, {}); }
  getRates() { return this.readTagged(`/v1/rates`, {}); }
  getReceipt(id) { return this.read(`/v1/transfers/${segment(id)}/receipt`, {}); }
  getRequest(id) { return this.read(`/v1/requests/${segment(id)}`, {}); }
  getTransfer(id) { return this.read(`/v1/transfers/${segment(id)}`, {}); }
  getWebhook(id) { return this.readTagged(`/v1/webhooks/${segment(id)}`, {}); }
  getWebhookDelivery(id, event) { return this.read(`/v1/webhooks/${segment(id)}/deliveries/${segment(event)}`, {}); }
  getWebhookSecret(id) { return this.read(`/v1/webhooks/${segment(id)}/secret`, {}); }
  getWindow(id) { return this.read(`/v1/windows/${segment(id)}`, {}); }
  listAccounts(name, query) { return this.read(`/v1/participants/${segment(name)}/accounts`, query); }
  listBatches(query) { return this.read(`/v1/batches`, query); }
  listDifferences(query) { return this.read(`/v1/differences`, query); }
  listEmergencies(query) { return this.read(`/v1/emergencies`, query); }
  listExceptions(query) { return this.read(`/v1/exceptions`, query); }
  listExposures(query) { return this.read(`/v1/fx/exposures`, query); }
  listHolds(query) { return this.read(`/v1/holds`, query); }
  listInstructions(query) { return this.read(`/v1/settlements`, query); }
  listOperations(name, query) { return this.read(`/v1/rails/${segment(name)}/operations`, query); }
  listParticipants(query) { return this.read(`/v1/participants`, query); }
  listPoolUses(query) { return this.read(`/v1/fx/windows`, query); }
  listPools(query) { return this.read(`/v1/pools`, query); }
  listPostings(name, currency, query) { return this.read(`/v1/participants/${segment(name)}/accounts/${segment(currency)}/postings`, query); }
  listQuotes(query) { return this.read(`/v1/quotes`, query); }
  listRails(query) { return this.read(`/v1/rails`, query); }
  listRequests(query) { return this.read(`/v1/requests`, query); }
  listStandings(query) { return this.read(`/v1/standings`, query); }
  listTransfers(query) { return this.read(`/v1/transfers`, query); }
  listWebhookDeliveries(id, query) { return this.read(`/v1/webhooks/${segment(id)}/deliveries`, query); }
  listWebhooks(query) { return this.read(`/v1/webhooks`, query); }
  listWindows(query) { return this.read(`/v1/windows`, query); }
  makeRequest(body, how) { return this.write('POST', `/v1/requests`, body, how); }
  makeWebhook(body, how) { return this.write('POST', `/v1/webhooks`, body, how); }
  pingWebhook(id, how) { return this.write('POST', `/v1/webhooks/${segment(id)}/ping`, undefined, how); }
  placeOrder(body, how) { return this.write('POST', `/v1/orders`, body, how); }
  recallOrder(ref, body, how) { return this.write('POST', `/v1/orders/${segment(ref)}/recall`, body, how); }
  refuseRequest(id, body, how) { return this.write('POST', `/v1/requests/${segment(id)}/refusal`, body, how); }
  removeWebhook(id, how) { return this.write('DELETE', `/v1/webhooks/${segment(id)}`, undefined, how); }
  replayWebhook(id, body, how) { return this.write('POST', `/v1/webhooks/${segment(id)}/replay`, body, how); }
  replayWebhookDelivery(id, event, how) { return this.write('POST', `/v1/webhooks/${segment(id)}/deliveries/${segment(event)}/replay`, undefined, how); }
  rotateWebhookSecret(id, body, how) { return this.write('POST', `/v1/webhooks/${segment(id)}/secret`, body, how); }
  watchPulse(signal) { return this.events(`/v1/live`, signal); }
  watchTransfer(id, signal) { return this.events(`/v1/transfers/${segment(id)}/live`, signal); }
}
