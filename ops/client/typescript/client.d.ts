// Generated from ops/api/testdata/openapi.json. Do not edit.
import { Base, Writing } from './base.js';
export * from './base.js';

export interface Account {
  id: string;
  kind: 'position' | 'settlement' | 'fx' | 'residual' | 'agent' | 'collateral' | 'pledge' | 'suspense' | 'claim' | 'fee';
  /** scheme is the scheme. */
  owner: string;
}

export interface AccountLack {
  account: Account;
  short: Amount;
  transfers: number;
}

export interface AccountMove {
  account: Account;
  /** After it. */
  balance: Amount;
  credit: Amount;
  debit: Amount;
}

export interface AccountPrice {
  account: Account;
  currency: string;
  price: string;
}

export interface AdapterWord {
  /** Within two seconds. What follows is empty where it does not. */
  answers: boolean;
  /** The worst of breakers. */
  breaker?: 'closed' | 'half-open' | 'open';
  /** By endpoint of the rail. */
  breakers?: Record<string, unknown>;
  /** Cases for a person that the adapter keeps. */
  exceptions: number;
  rail?: string;
  since?: string;
  state?: 'up' | 'down';
  /** Those of them of which the rail has not said what became of them. */
  unknown: number;
  /** When the oldest of them was instructed. */
  unknown_since?: string;
  /** Ended operations of which the switch has not been told. */
  untold: number;
  /** Operations that have not ended. */
  waiting: number;
}

export interface Amount {
  /** In major units, as a decimal. */
  amount: string;
  /** ISO 4217, or a community's unit. */
  currency: string;
}

export interface Batch {
  /** Intents that entered the queue. */
  accepted: number;
  /** That no choice passes, in the same unit. */
  bound: string;
  cleared: number;
  coarser: number;
  decided_at: string;
  /** What first-in-first-out would have reached. */
  fifo: string;
  id: string;
  log_index: string;
  numeraire?: string;
  /** That wait after it. */
  queued: number;
  /** Weighted value of its choice, in millionths of the numeraire times 2^coarser. */
  reached: string;
  /** What found its choice; none where there was nothing to choose. */
  tier?: string;
  /** Of the default group. */
  window: string;
  written_at: string;
}

export interface BatchCommand {
  checker?: string;
  fault?: string;
  id: string;
  kind: string;
  maker?: string;
}

export interface BatchStory {
  /** Intents that entered the queue. */
  accepted: number;
  /** That no choice passes, in the same unit. */
  bound: string;
  cleared: number;
  coarser: number;
  commands: BatchCommand[];
  decided_at: string;
  /** What first-in-first-out would have reached. */
  fifo: string;
  id: string;
  /** What transfers that wait lack, the most first. */
  lacking: AccountLack[];
  log_index: string;
  log_size: string;
  moved: AccountMove[];
  numeraire?: string;
  /** Shadow prices of liquidity that bound its choice, the highest first. */
  prices: AccountPrice[];
  /** That wait after it. */
  queued: number;
  /** Weighted value of its choice, in millionths of the numeraire times 2^coarser. */
  reached: string;
  /** What found its choice; none where there was nothing to choose. */
  tier?: string;
  /** Of the default group. */
  window: string;
  written_at: string;
}

export interface BundleOfALeg {
  digest: string;
  id: string;
  legs: number;
  place: number;
}

export interface Charge {
  amount: Amount;
  kind: string;
  /** scheme is the scheme. */
  payee: string;
  payer: string;
  rule: string;
}

export interface DecisionBody {
  /** Why. It is kept for ever. */
  reason: string;
}

export interface Difference {
  day: string;
  detail: string;
  /** in or out; none where the statement has no such line. */
  direction?: string;
  /** It was resolved: matched, explained, corrected, written_off, retried. None while it is open. */
  how?: string;
  id: string;
  kind: string;
  movement?: string;
  /** What the log says. */
  ours: Amount;
  participant: string;
  /** What the statement says. */
  rail: Amount;
  rail_at?: string;
  rail_ref?: string;
  /** By which two people resolved it. */
  request?: string;
  transfer?: string;
}

export interface Emergency {
  answers: EmergencyAnswer[];
  /** Decided, and not paid yet. */
  coming: Amount[];
  declared_at: string;
  id: string;
  kind: string;
  needed: string;
  open: boolean;
  paid: Amount[];
  place?: string;
  /** That declared it, by its own log. */
  pool: string;
  until: string;
  votes: string;
}

export interface EmergencyAnswer {
  amount?: Amount;
  pledge: string;
  pool: string;
  /** pledged, until a payout is made of it; then due, funded, paid, returned or lapsed. */
  state: string;
}

export interface Exception {
  /** The kind of instruction; return for one that lacks liquidity. */
  about: string;
  at: string;
  /** Nobody says a word of it any more; or a rail contradicts what is final. */
  kind: 'unheard' | 'outcome';
  /** Whose rail it is about, or whose liquidity. */
  participant: string;
  transfer: string;
}

export interface Exposure {
  credit_line: Amount;
  currency: string;
  /** What cross-currency transfers brought in the open window. */
  in: Amount;
  /** What they took. */
  out: Amount;
  /** What it holds, or owes below zero. */
  position: Amount;
  /** Of the provider behind it. */
  prefunding: Amount;
}

export interface Hold {
  accepted_at: string;
  /** That brought it into this state. */
  batch: string;
  by: 'screen' | 'person';
  creditor: string;
  deadline: string;
  debtor: string;
  destination: Amount;
  held_at: string;
  id: string;
  /** The debtor's own id. */
  intent: string;
  /** Of screening. */
  list?: string;
  /** ISO 20022 status reason code. */
  reason?: string;
  /** When the broker had it. */
  received_at: string;
  since: string;
  source: Amount;
  state: 'queued' | 'cleared' | 'paid' | 'return_pending' | 'returned' | 'expired';
}

export interface Instruction {
  amount: Amount;
  ended_at?: string;
  evidence?: string;
  given_at: string;
  id: string;
  kind: 'pay_in' | 'pay_out' | 'withdrawal';
  participant: string;
  /** confirmed, refused, lapsed; none while it is open. */
  result?: string;
  value_date: string;
  /** For witnesses: the agent was not told. */
  waits: boolean;
  /** None of a withdrawal. */
  window?: string;
}

export interface Lack {
  account: Account;
  short: Amount;
}

export interface Limits {
  /** Payouts are multiples of it. */
  payout_increment: Amount;
  payout_max: Amount;
  payout_min: Amount;
}

export interface LimitsWantedBody {
  /** Payouts are multiples of it. */
  payout_increment: Amount;
  payout_max: Amount;
  payout_min: Amount;
  /** Why. It is kept for ever. */
  reason: string;
}

export interface Line {
  account: string;
  /** A debit is below zero. */
  amount: Amount;
  at: string;
  /** After it. */
  balance: Amount;
  batch: string;
  /** The posting's kind. */
  for: string;
  /** The account's. */
  kind: string;
  posting: string;
  transfer?: string;
}

export interface LogStatus {
  at?: string;
  batch: string;
  /** The newest, signed: a C2SP checkpoint. */
  checkpoint: string;
  /** Of witnesses; none where nothing waits for them. */
  policy?: string;
  size: string;
  /** Witnesses that know another log. There must be none. */
  split_views: SplitView[];
  witnessed?: Witnessed;
}

export interface Look {
  at: 'status' | 'statement' | 'balance';
  look: string;
  /** What a finding means. */
  means: string;
}

export interface Operation {
  amount: Amount;
  /** The adapter's; a resolve_operation names it. */
  id: string;
  instructed: string;
  kind: string;
  /** What two people may say of it now: paid, failed. */
  may: string[];
  /** By which the rail knows it. */
  rail_id?: string;
  state: 'instructed' | 'accepted' | 'unknown' | 'settled' | 'failed';
  /** In which order people look. */
  steps: Look[];
  /** None of a refund that the adapter owes by itself. */
  transfer?: string;
  /** When that passes, where it is known. */
  until?: string;
  /** Why an end is not among them. */
  why?: string;
}

export interface Order {
  /** What arrives. */
  destination?: Amount;
  /** The rail that pays out is down: the payout may wait. */
  down_since?: string;
  /** Pay before. */
  expires?: string;
  /** Of the source, inside it. */
  fee?: Amount;
  /** The id that the switch sees. */
  intent: string;
  /** The rail's receipt of the payer's payment. */
  paid?: string;
  quote?: string;
  /** ISO 20022 status reason code, where it ended badly. */
  reason?: string;
  /** What the switch answered to a recall. */
  recall?: string;
  ref: string;
  /** What the payer pays. */
  source?: Amount;
  /** open, lapsed, collected; from then on its transfer's. */
  state: string;
  /** What sending costs against the reference rate, of the destination. */
  total?: Amount;
  transfer?: string;
}

export interface OrderWanted {
  amount: Amount;
  creditor: Party;
  /** Which side amount is of; the other follows from the newest quote. */
  fixed: 'source' | 'destination';
  payer: Party;
  /** Your own; it names the order for ever. */
  ref: string;
  reference?: string;
  /** The creditor's participant. */
  to: string;
}

export interface Outcome {
  at: string;
  batch: string;
  kind: string;
  participant: string;
  rail_code?: string;
  /** The rail's receipt. */
  rail_ref?: string;
  reason?: string;
  resolved_by?: string;
  state: 'paid' | 'failed' | 'unknown' | 'reserved' | 'released' | 'refused';
  /** What the switch made of it. */
  verdict: 'applied' | 'noted' | 'repeated' | 'exception';
}

export interface PageBatch {
  items: Batch[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageDifference {
  items: Difference[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageEmergency {
  items: Emergency[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageException {
  items: Exception[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageExposure {
  items: Exposure[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageHold {
  items: Hold[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageInstruction {
  items: Instruction[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageLine {
  items: Line[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageOperation {
  items: Operation[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageParticipant {
  items: Participant[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PagePool {
  items: Pool[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PagePoolUse {
  items: PoolUse[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageQuote {
  items: Quote[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageRail {
  items: Rail[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageRequest {
  items: Request[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageStanding {
  items: Standing[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageTransfer {
  items: Transfer[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageWebhook {
  items: Webhook[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageWebhookDelivery {
  items: WebhookDelivery[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface PageWindow {
  items: Window[];
  /** The cursor of the next page; without it this is the last. */
  next?: string;
}

export interface Participant {
  /** ISO 3166-1 alpha-2. */
  country: string;
  currency: string;
  name: string;
  /** Its rail sets money aside before a transfer to it clears. */
  reserves: boolean;
  role: 'operator' | 'pool' | 'provider';
  /** Its new intents are refused. */
  suspended: boolean;
}

export interface Party {
  /** An MSISDN in E.164 without +, a VPA, a wallet's or an account's number. */
  account: string;
  /** Of the payer, above the scheme's threshold. */
  address?: string;
  /** ISO 3166-1 alpha-2. */
  country?: string;
  name: string;
  town?: string;
}

export interface Pool {
  /** Where it shows balances. */
  funds: PoolFund[];
  heard_at?: string;
  log?: PoolLog;
  /** Where it shows its members. */
  members?: string;
  /** That are open, where it shows them; offers likewise. */
  needs: string;
  offers: string;
  participant: string;
  purpose?: string;
  /** Sections of its log that everybody may see. */
  shows: string[];
  /** Silent or refused: what is shown is from heard_at. Split: its key signed two histories of its log, and nothing is shown. */
  state: 'unheard' | 'current' | 'silent' | 'refused' | 'split';
  /** By its own word, as purpose. */
  title?: string;
  /** It is not current: for the pool and the switch's own people. */
  why?: string;
}

export interface PoolFund {
  amount: Amount;
  name: string;
}

export interface PoolLog {
  /** Signed by the pool: a C2SP checkpoint. */
  checkpoint: string;
  hidden: string;
  root: string;
  /** Lines that everybody may see; each was held against the checkpoint. */
  shown: string;
  /** Entries. */
  size: string;
}

export interface PoolPledge {
  /** For one emergency. None where nothing that the pool shows says the currency. */
  each?: Amount;
  id: string;
  in_force: boolean;
  kinds: string[];
  /** None for anywhere. */
  places: string[];
  to: string;
  total?: Amount;
  until: string;
}

export interface PoolPosting {
  category: string;
  id: string;
  place?: string;
  quantity: string;
  side: 'need' | 'offer';
  unit: string;
  until: string;
  /** 1 to 4, the last the most. */
  urgency: string;
}

export interface PoolStory {
  /** That it declared, the newest first. */
  emergencies: Emergency[];
  /** Where it shows balances. */
  funds: PoolFund[];
  heard_at?: string;
  hides: string[];
  log?: PoolLog;
  /** Where it shows its members. */
  members?: string;
  /** That are open, where it shows them; offers likewise. */
  needs: string;
  offers: string;
  participant: string;
  pledges: PoolPledge[];
  postings: PoolPosting[];
  purpose?: string;
  /** Sections of its log that everybody may see. */
  shows: string[];
  /** Silent or refused: what is shown is from heard_at. Split: its key signed two histories of its log, and nothing is shown. */
  state: 'unheard' | 'current' | 'silent' | 'refused' | 'split';
  ties: PoolTie[];
  /** By its own word, as purpose. */
  title?: string;
  /** It is not current: for the pool and the switch's own people. */
  why?: string;
}

export interface PoolTie {
  from: string;
  /** From has pledged to To, or paid it on a pledge; or is a member of it. */
  kind: 'aids' | 'saves';
  paid: Amount[];
  /** In force. */
  pledged: Amount[];
  to: string;
}

export interface PoolUse {
  currency: string;
  group: string;
  in: Amount;
  /** For the provider to cover; below zero the pool owed it. */
  left: Amount;
  /** Met within the pool. */
  matched: Amount;
  out: Amount;
  window: string;
}

export interface Posting {
  amount: Amount;
  at: string;
  batch: string;
  credit: Account;
  debit: Account;
  id: string;
  kind: string;
  /** The transfer, or its return. */
  transfer: string;
}

export interface Problem {
  /** What went wrong this time. */
  detail?: string;
  /** What is wrong with the request, place by place. */
  errors?: Wanted[];
  /** The request's id, as urn:ayni:request:ID. Name it when you ask for help. */
  instance?: string;
  /** The HTTP status. */
  status: number;
  /** What went wrong, for people; the same for every problem of a type. */
  title: string;
  /** What went wrong, for programs. The documentation lists them. */
  type: string;
}

export interface Pulse {
  accepted: number;
  /** That may owe: what the open window moved on each. */
  accounts: PulseOfOne[];
  at: string;
  /** The newest. It is the event's id, too. */
  batch: string;
  cleared: number;
  expired: number;
  /** The minute up to the newest batch. */
  minute: PulseMinute;
  /** How long the newest batch's oldest message had been with the broker when it was written. */
  oldest_ms: number;
  paid: number;
  /** That wait after the newest batch. */
  queued: number;
  returned: number;
  /** What waits to clear; as of a moment before, and not in the first event after Last-Event-ID. */
  waiting: QueuedValue[];
}

export interface PulseMinute {
  accepted: number;
  cleared: number;
  paid: number;
}

export interface PulseOfOne {
  account: Account;
  in: Amount;
  /** Of prefunding and credit line together. */
  may: Amount;
  out: Amount;
  /** What it stands below zero. */
  used: Amount;
}

export interface QueuedValue {
  oldest: string;
  transfers: number;
  value: Amount;
}

export interface Quote {
  expires: string;
  /** On each transfer. */
  fee: Amount;
  from: string;
  id: string;
  /** The reference rate that it was made against. */
  mid?: string;
  provider: string;
  /** Major units of to per major unit of from. */
  rate: string;
  to: string;
}

export interface Rail {
  /** None where the switch knows no address of it. */
  adapter?: AdapterWord;
  heard_at?: string;
  participant: string;
  /** None where it never said a word: it has always been up. */
  since?: string;
  /** silent said that it was down, and nothing since. */
  state: 'up' | 'down' | 'silent';
  /** Of its participant: new intents of it and to it are refused. */
  suspended: boolean;
  /** Those of them of which it said that it does not know. */
  unknown: number;
  /** When it said so of the first. */
  unknown_since?: string;
  /** Messages to the adapter that it has not acknowledged. */
  unread?: number;
  /** Messages from the adapter that no batch has taken up. */
  untaken?: number;
  /** Payouts and refunds that it was told and has not ended, as the books have it. */
  waiting: number;
  /** When it was told the oldest of them. */
  waiting_since?: string;
}

export interface Rate {
  currency: string;
  on: string;
  /** Major units, exactly: a decimal or a fraction. */
  per_base: string;
  source: string;
}

export interface RateSheet {
  base: string;
  from: string;
  needed: number;
  rates: Rate[];
  serial: string;
  /** Of the rate committee. */
  signers: number;
  taken_at: string;
  until: string;
}

export interface RecallWantedBody {
  /** ISO 20022 code. */
  reason: string;
}

export interface Receipt {
  /** Signed by the log: a C2SP checkpoint. */
  checkpoint: string;
  /** The sender's id. */
  intent: string;
  /** The intent as it was signed, without personal data. */
  open: string;
  /** The sender. */
  participant: string;
  /** In the order of the log. */
  steps: ReceiptStep[];
  transfer: string;
  version: '1';
}

export interface ReceiptStep {
  /** The batch's, to the byte. */
  entry: string;
  /** Of the entry in the log. */
  index: string;
  line: string;
  /** From the entry up to the checkpoint's root: SHA-256 in base64. */
  log_path: string[];
  /** From the line up to the root of the entry's steps. */
  path: string[];
  /** Of the line among the batch's steps. */
  place: string;
}

export interface ReplayBody {
  /** Everything since this moment is told again, under the same ids; also what was told to nobody. */
  since: string;
}

export interface Request {
  checker?: string;
  /** What will happen once it is approved, for people. */
  consequence: string;
  decided_at?: string;
  done_at?: string;
  fault?: string;
  id: string;
  kind: string;
  made_at: string;
  maker: string;
  /** That it is about. */
  participant?: string;
  /** Exactly what is carried out. */
  plan: Record<string, unknown>;
  /** Why the checker decided so. */
  reason?: string;
  /** approved is being carried out; failed was not done, or not all of it: see fault. */
  state: 'open' | 'approved' | 'refused' | 'expired' | 'done' | 'failed';
}

export interface RequestWantedBody {
  /** The command's, as the ledger takes it: amounts are in minor units. */
  body: Record<string, unknown>;
  /** One of those made of one body: the documentation of ayni request lists them. */
  kind: string;
  /** Why. It is kept for ever. */
  reason: string;
}

export interface RotationBody {
  /** The key before ends now, because somebody may know it. Else it signs too for a day. */
  at_once?: boolean;
}

export interface SplitView {
  noticed_at: string;
  said: string;
  size: string;
  witness: string;
}

export interface Standing {
  /** How much more it may owe. */
  available: Amount;
  /** What defaulters owe it; below zero what it owes as one. */
  claims: Amount;
  collateral: Amount;
  credit_line: Amount;
  currency: string;
  /** Earned and not paid out. */
  fees: Amount;
  /** Set aside by others for its credit line. */
  guaranteed: Amount;
  /** scheme is the FX pool. */
  participant: string;
  /** Set aside for others' credit lines. */
  pledged: Amount;
  /** What clearing made it owe (below zero) or earn. */
  position: Amount;
  prefunding: Amount;
  /** Shadow price of its liquidity in the newest choice; 0 where it does not bind. */
  price: string;
  rail: 'up' | 'down' | 'silent';
  rail_since?: string;
  /** On its way to or from the settlement agent. */
  reserved: Amount;
  suspended: boolean;
  /** Of prefunding and credit line. */
  used_percent: string;
}

export interface Step {
  about?: string;
  at: string;
  batch: string;
  /** Of the entry that proves it. */
  log_index: string;
  reason?: string;
  until?: string;
  /** A state; or asked, unheard, recalled, recall_refused, held, released, late, opened, reserving, reserved, gross. */
  what: string;
}

export interface SuspensionWantedBody {
  /** Why. It is kept for ever. */
  reason: string;
  suspended: boolean;
}

export interface Transfer {
  accepted_at: string;
  /** That brought it into this state. */
  batch: string;
  creditor: string;
  deadline: string;
  debtor: string;
  destination: Amount;
  id: string;
  /** The debtor's own id. */
  intent: string;
  /** ISO 20022 status reason code. */
  reason?: string;
  /** When the broker had it. */
  received_at: string;
  since: string;
  source: Amount;
  state: 'queued' | 'cleared' | 'paid' | 'return_pending' | 'returned' | 'expired';
}

export interface TransferBack {
  id: string;
  outcomes: Outcome[];
  timeline: Step[];
}

export interface TransferStory {
  accepted_at: string;
  /** That brought it into this state. */
  batch: string;
  /** That it clears with, or not at all. */
  bundle?: BundleOfALeg;
  charges: Charge[];
  creditor: string;
  deadline: string;
  debtor: string;
  destination: Amount;
  /** SHA-256 of the intent's bytes. */
  hash: string;
  id: string;
  /** The debtor's own id. */
  intent: string;
  /** The place of its message in the debtor's stream, and its own in that message. */
  message: string;
  /** What rails said. */
  outcomes: Outcome[];
  postings: Posting[];
  /** By which currency was exchanged. */
  quote?: string;
  /** ISO 20022 status reason code. */
  reason?: string;
  /** When the broker had it. */
  received_at: string;
  /** What sends it back. */
  return?: TransferBack;
  since: string;
  source: Amount;
  state: 'queued' | 'cleared' | 'paid' | 'return_pending' | 'returned' | 'expired';
  /** States, and what happened beside them, in order. */
  timeline: Step[];
  /** Why it has not cleared. */
  waits?: WhyItWaits;
  /** That its clearing is in. */
  window?: string;
}

export interface Wanted {
  what: string;
  /** In path, query, header or body. */
  where: string;
}

export interface Webhook {
  /** For people. */
  about?: string;
  /** That are told; all of none. */
  events: 'liquidity.used' | 'payout.instructed' | 'recall.answered' | 'settlement.to_make' | 'transfer.cleared' | 'transfer.expired' | 'transfer.paid' | 'transfer.queued' | 'transfer.rejected' | 'transfer.return_pending' | 'transfer.returned' | 'webhook.ping' | 'window.closed' | 'window.failed' | 'window.open' | 'window.settled' | 'window.settling'[];
  failing_since?: string;
  id: string;
  /** When its keys began. */
  key_at: string;
  made_at: string;
  made_by: string;
  /** Until when the keys before sign too. */
  old_key_until?: string;
  /** The participant whose events are told; none for the switch's own staff, who is told of everybody's. */
  owner?: string;
  /** Nothing is sent, and nothing lost: what happens meanwhile is told afterwards. */
  paused?: boolean;
  /** Verifies signatures v1a. It is no secret; that is for v1. */
  public_key: string;
  /** Why it is paused. */
  reason?: string;
  state: 'active' | 'failing' | 'paused';
  /** When it last took something. */
  took_at?: string;
  /** Where events are posted: https, and an address that the whole world reaches. */
  url: string;
  /** Deliveries, counted up to 1,000; what is more waits in the ledger. */
  waiting: number;
}

export interface WebhookAttempt {
  at: string;
  number: number;
  reason?: string;
  status?: number;
  took_ms: number;
}

export interface WebhookDelivery {
  /** When it happened. */
  at: string;
  attempts: number;
  /** When it is tried next. */
  due_at?: string;
  ended_at?: string;
  /** The event's, for ever: the header webhook-id. */
  id: string;
  /** Why that failed. */
  reason?: string;
  /** dropped was refused too often: only you have it sent again. */
  state: 'waiting' | 'delivered' | 'dropped';
  /** Of HTTP, of the last attempt; none where there was no answer. */
  status?: number;
  type: 'liquidity.used' | 'payout.instructed' | 'recall.answered' | 'settlement.to_make' | 'transfer.cleared' | 'transfer.expired' | 'transfer.paid' | 'transfer.queued' | 'transfer.rejected' | 'transfer.return_pending' | 'transfer.returned' | 'webhook.ping' | 'window.closed' | 'window.failed' | 'window.open' | 'window.settled' | 'window.settling';
}

export interface WebhookDeliveryStory {
  /** When it happened. */
  at: string;
  attempts: number;
  /** When it is tried next. */
  due_at?: string;
  ended_at?: string;
  /** The event's, for ever: the header webhook-id. */
  id: string;
  /** Why that failed. */
  reason?: string;
  /** dropped was refused too often: only you have it sent again. */
  state: 'waiting' | 'delivered' | 'dropped';
  /** Of HTTP, of the last attempt; none where there was no answer. */
  status?: number;
  /** The last 50, newest first. */
  tries: WebhookAttempt[];
  type: 'liquidity.used' | 'payout.instructed' | 'recall.answered' | 'settlement.to_make' | 'transfer.cleared' | 'transfer.expired' | 'transfer.paid' | 'transfer.queued' | 'transfer.rejected' | 'transfer.return_pending' | 'transfer.returned' | 'webhook.ping' | 'window.closed' | 'window.failed' | 'window.open' | 'window.settled' | 'window.settling';
}

export interface WebhookSecret {
  /** Keep it where nobody reads it. */
  secret: string;
  /** When it is shown no more. */
  until: string;
}

export interface WebhookSettings {
  /** For people. */
  about?: string;
  /** That are told; all of none. */
  events: 'liquidity.used' | 'payout.instructed' | 'recall.answered' | 'settlement.to_make' | 'transfer.cleared' | 'transfer.expired' | 'transfer.paid' | 'transfer.queued' | 'transfer.rejected' | 'transfer.return_pending' | 'transfer.returned' | 'webhook.ping' | 'window.closed' | 'window.failed' | 'window.open' | 'window.settled' | 'window.settling'[];
  /** Nothing is sent, and nothing lost: what happens meanwhile is told afterwards. */
  paused?: boolean;
  /** Where events are posted: https, and an address that the whole world reaches. */
  url: string;
}

export interface WhyItWaits {
  by?: string;
  cause: 'held' | 'closed' | 'reserving' | 'legs' | 'liquidity' | 'turn';
  /** Of whose liquidity. A participant sees its own. */
  lacks: Lack[];
  until?: string;
}

export interface Window {
  closed_at?: string;
  /** Of closed windows. */
  currencies: WindowSum[];
  /** Of those whose flows it nets. */
  first_batch: string;
  /** Of currencies that settle together. */
  group: string;
  id: string;
  /** The newest while it is open. */
  last_batch: string;
  opened_at: string;
  since: string;
  state: 'open' | 'closed' | 'settling' | 'failed' | 'settled';
}

export interface WindowDefault {
  amount: Amount;
  batch: string;
  kind: string;
  owed: Account;
  payer: Account;
}

export interface WindowFill {
  buy: Amount;
  provider: string;
  quote: string;
  sell: Amount;
}

export interface WindowPosition {
  account: Account;
  in: Amount;
  /** What it earned, or owes below zero. */
  net: Amount;
  out: Amount;
}

export interface WindowStep {
  at: string;
  batch: string;
  log_index: string;
  state: string;
}

export interface WindowStory {
  closed_at?: string;
  /** Of closed windows. */
  currencies: WindowSum[];
  /** The steps of the default procedure. */
  defaults: WindowDefault[];
  /** Of those whose flows it nets. */
  first_batch: string;
  /** Of currencies that settle together. */
  group: string;
  id: string;
  instructions: Instruction[];
  /** The newest while it is open. */
  last_batch: string;
  opened_at: string;
  /** Of an open window as of now. */
  positions: WindowPosition[];
  since: string;
  state: 'open' | 'closed' | 'settling' | 'failed' | 'settled';
  steps: WindowStep[];
  /** What the FX pool needed from outside. */
  trades: WindowTrade[];
}

export interface WindowSum {
  /** What all owed, each obligation by itself. */
  gross: Amount;
  /** What those who owed after netting have to bring. */
  net: Amount;
}

export interface WindowTrade {
  buy: Amount;
  fills: WindowFill[];
  sell: Amount;
}

export interface Witnessed {
  at: string;
  /** The checkpoint with its cosignatures. */
  note: string;
  size: string;
}

export interface ListAccountsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListBatchesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListDifferencesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  participant?: string;
  /** Only those without a resolution. */
  open?: boolean;
}

export interface ListEmergenciesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  /** Only those to which money may still be sent. */
  open?: boolean;
}

export interface ListExceptionsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  participant?: string;
  /** Only those that did not go on since. */
  open?: boolean;
}

export interface ListExposuresQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListHoldsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListInstructionsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListOperationsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  state?: 'instructed' | 'accepted' | 'unknown';
}

export interface ListParticipantsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListPoolUsesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListPoolsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  /** Only those that show this section: needs, pledges, balance, … */
  shows?: string;
}

export interface ListPostingsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  first_batch?: number;
  /** The newest, where it is not named. */
  last_batch?: number;
}

export interface ListQuotesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListRailsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListRequestsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  state?: 'open' | 'approved' | 'refused' | 'done' | 'failed';
  /** That they are about. */
  participant?: string;
  kind?: string;
}

export interface ListStandingsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListTransfersQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  /** An id of any kind, whole: the transfer's, its return's, the intent's, a bundle's digest, a rail's receipt. */
  q?: string;
  debtor?: string;
  creditor?: string;
  state?: 'queued' | 'cleared' | 'paid' | 'return_pending' | 'returned' | 'expired';
  /** Only those that have not ended. */
  waiting?: boolean;
  /** Of what was sent or what is received. */
  currency?: string;
  /** Of the amount in that currency, included. */
  min?: string;
  /** Of the amount in that currency, included. */
  max?: string;
  /** Accepted from then on. */
  from?: string;
  /** Accepted before. */
  until?: string;
  /** That accepted them, moved money for them, or saw them expire. */
  batch?: number;
}

export interface ListWebhookDeliveriesQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
  state?: 'waiting' | 'delivered' | 'dropped';
}

export interface ListWebhooksQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export interface ListWindowsQuery {
  /** The last page's next. The same filters go with it. */
  cursor?: string;
  /** Items on a page. */
  limit?: number;
}

export class Client extends Base {
  /** POST /v1/requests/{id}/approval: Approve what another person asked for. */
  approveRequest(id: string, body: DecisionBody, how: Writing): Promise<Request>;
  /** PUT /v1/participants/{name}/limits: Ask for other limits. */
  changeLimits(name: string, body: LimitsWantedBody, how: Writing): Promise<Request>;
  /** PUT /v1/participants/{name}/suspension: Ask to suspend a participant, or to let it in again. */
  changeSuspension(name: string, body: SuspensionWantedBody, how: Writing): Promise<Request>;
  /** PUT /v1/webhooks/{id}: Change a webhook, pause it or have it go on. */
  changeWebhook(id: string, body: WebhookSettings, how: Writing): Promise<Webhook>;
  /** GET /v1/batches/{id}: What a batch moved, and what bound it. */
  getBatch(id: string): Promise<BatchStory>;
  /** GET /v1/differences/{id}: Look a difference up. */
  getDifference(id: string): Promise<Difference>;
  /** GET /v1/log: How far the settlement log is, and who vouches for it. */
  getLog(): Promise<LogStatus>;
  /** GET /v1/orders/{ref}: Where an order is. */
  getOrder(ref: string): Promise<Order>;
  /** GET /v1/participants/{name}: Look a participant up. */
  getParticipant(name: string): Promise<{ value: Participant; etag: string }>;
  /** GET /v1/participants/{name}/limits: What a participant pays out. */
  getParticipantLimits(name: string): Promise<{ value: Limits; etag: string }>;
  /** GET /v1/pools/{pool}: Look a pool up. */
  getPool(pool: string): Promise<PoolStory>;
  /** GET /v1/rates: The scheme's reference rates. */
  getRates(): Promise<{ value: RateSheet; etag: string }>;
  /** GET /v1/transfers/{id}/receipt: The receipt of a transfer. */
  getReceipt(id: string): Promise<Receipt>;
  /** GET /v1/requests/{id}: Look a request up. */
  getRequest(id: string): Promise<Request>;
  /** GET /v1/transfers/{id}: The story of a transfer. */
  getTransfer(id: string): Promise<TransferStory>;
  /** GET /v1/webhooks/{id}: How a webhook does. */
  getWebhook(id: string): Promise<{ value: Webhook; etag: string }>;
  /** GET /v1/webhooks/{id}/deliveries/{event}: How a delivery went. */
  getWebhookDelivery(id: string, event: string): Promise<WebhookDeliveryStory>;
  /** GET /v1/webhooks/{id}/secret: The secret of a webhook. */
  getWebhookSecret(id: string): Promise<WebhookSecret>;
  /** GET /v1/windows/{id}: What settling a window takes and took. */
  getWindow(id: string): Promise<WindowStory>;
  /** GET /v1/participants/{name}/accounts: List what a participant has and owes. */
  listAccounts(name: string, query?: ListAccountsQuery): Promise<PageStanding>;
  /** GET /v1/batches: List clearing batches. */
  listBatches(query?: ListBatchesQuery): Promise<PageBatch>;
  /** GET /v1/differences: List what rails' statements and the ledger say differently. */
  listDifferences(query?: ListDifferencesQuery): Promise<PageDifference>;
  /** GET /v1/emergencies: List emergencies that pools declared. */
  listEmergencies(query?: ListEmergenciesQuery): Promise<PageEmergency>;
  /** GET /v1/exceptions: List cases for a person. */
  listExceptions(query?: ListExceptionsQuery): Promise<PageException>;
  /** GET /v1/fx/exposures: What the FX pool holds in each currency now. */
  listExposures(query?: ListExposuresQuery): Promise<PageExposure>;
  /** GET /v1/holds: List transfers that were held. */
  listHolds(query?: ListHoldsQuery): Promise<PageHold>;
  /** GET /v1/settlements: List what the settlement agent has still to do. */
  listInstructions(query?: ListInstructionsQuery): Promise<PageInstruction>;
  /** GET /v1/rails/{name}/operations: What a rail has not ended. */
  listOperations(name: string, query?: ListOperationsQuery): Promise<PageOperation>;
  /** GET /v1/participants: List participants. */
  listParticipants(query?: ListParticipantsQuery): Promise<PageParticipant>;
  /** GET /v1/fx/windows: What met within the FX pool, and what was left to providers. */
  listPoolUses(query?: ListPoolUsesQuery): Promise<PagePoolUse>;
  /** GET /v1/pools: List pools. */
  listPools(query?: ListPoolsQuery): Promise<PagePool>;
  /** GET /v1/participants/{name}/accounts/{currency}/postings: List a participant's postings in a currency, with the running balance. */
  listPostings(name: string, currency: string, query?: ListPostingsQuery): Promise<PageLine>;
  /** GET /v1/quotes: List providers' quotes that have not expired. */
  listQuotes(query?: ListQuotesQuery): Promise<PageQuote>;
  /** GET /v1/rails: How rails are. */
  listRails(query?: ListRailsQuery): Promise<PageRail>;
  /** GET /v1/requests: List what was asked for. */
  listRequests(query?: ListRequestsQuery): Promise<PageRequest>;
  /** GET /v1/standings: List what everybody has and owes. */
  listStandings(query?: ListStandingsQuery): Promise<PageStanding>;
  /** GET /v1/transfers: Find transfers. */
  listTransfers(query?: ListTransfersQuery): Promise<PageTransfer>;
  /** GET /v1/webhooks/{id}/deliveries: What is sent to a webhook, and was. */
  listWebhookDeliveries(id: string, query?: ListWebhookDeliveriesQuery): Promise<PageWebhookDelivery>;
  /** GET /v1/webhooks: List webhooks. */
  listWebhooks(query?: ListWebhooksQuery): Promise<PageWebhook>;
  /** GET /v1/windows: List settlement windows. */
  listWindows(query?: ListWindowsQuery): Promise<PageWindow>;
  /** POST /v1/requests: Ask for something. */
  makeRequest(body: RequestWantedBody, how: Writing): Promise<Request>;
  /** POST /v1/webhooks: Have events told. */
  makeWebhook(body: WebhookSettings, how: Writing): Promise<Webhook>;
  /** POST /v1/webhooks/{id}/ping: Try a webhook. */
  pingWebhook(id: string, how: Writing): Promise<WebhookDelivery>;
  /** POST /v1/orders: Price a transfer, and have it made once it is paid. */
  placeOrder(body: OrderWanted, how: Writing): Promise<Order>;
  /** POST /v1/orders/{ref}/recall: Ask for an order's money back while it is under way. */
  recallOrder(ref: string, body: RecallWantedBody, how: Writing): Promise<Order>;
  /** POST /v1/requests/{id}/refusal: Refuse what somebody asked for. */
  refuseRequest(id: string, body: DecisionBody, how: Writing): Promise<Request>;
  /** DELETE /v1/webhooks/{id}: End a webhook. */
  removeWebhook(id: string, how: Writing): Promise<Webhook>;
  /** POST /v1/webhooks/{id}/replay: Have everything since a moment sent again. */
  replayWebhook(id: string, body: ReplayBody, how: Writing): Promise<Webhook>;
  /** POST /v1/webhooks/{id}/deliveries/{event}/replay: Have one event sent again. */
  replayWebhookDelivery(id: string, event: string, how: Writing): Promise<WebhookDelivery>;
  /** POST /v1/webhooks/{id}/secret: Have other keys. */
  rotateWebhookSecret(id: string, body: RotationBody, how: Writing): Promise<Webhook>;
  /** GET /v1/live: Watch the switch. */
  watchPulse(signal?: AbortSignal): AsyncGenerator<Pulse>;
  /** GET /v1/transfers/{id}/live: Watch a transfer. */
  watchTransfer(id: string, signal?: AbortSignal): AsyncGenerator<TransferStory>;
}
