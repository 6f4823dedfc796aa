// The participant's connection to the switch: outcomes out, instructions in, nothing lost in between.

import { readFileSync } from "node:fs";
import { connect, createInbox, credsAuthenticator, headers, type Msg, type NatsConnection } from "@nats-io/transport-node";
import { payloadOf } from "./closed.js";
import { instructionsOf, type Instruction, type Outcome } from "./payloads.js";
import { Signer, signed, Verifier } from "./sign.js";
import { createHash } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";

const batch = 64;
const expiresMs = 5_000; // after which the broker ends a request for messages that found none

export class Switch {
  private constructor(
    private readonly connection: NatsConnection,
    private readonly participant: string,
    private readonly signer: Signer,
    private readonly secret: Buffer,
    private readonly verifier: Verifier,
  ) {}

  static async join(url: string, creds: string, participant: string, signer: Signer, secret: Buffer, switchKey: string): Promise<Switch> {
    const connection = await connect({
      servers: url,
      name: `ayni ${participant}`,
      inboxPrefix: `_INBOX.${participant}`,
      maxReconnectAttempts: -1,
      waitOnFirstConnect: true, // a broker that is busy may be slow to let one in
      ...(creds === "" ? {} : { authenticator: credsAuthenticator(readFileSync(creds)) }),
    });
    return new Switch(connection, participant, signer, secret, new Verifier(switchKey));
  }

  /** Publishes an outcome until the broker has it on its disk. The same outcome is the same message, however often. */
  async tell(outcome: Outcome): Promise<void> {
    const { open, payload } = payloadOf(this.participant, outcome, this.secret);
    const header = headers();
    header.set("Nats-Msg-Id", createHash("sha256").update(signed("outcome", open)).digest("base64url"));
    header.set("Ayni-Signature", this.signer.sign("outcome", open));
    header.set("Ayni-Key", this.signer.publicKey);
    for (let waitMs = 20; ; waitMs = Math.min(2 * waitMs, 2_000)) {
      try {
        const answer = await this.connection.request(`outcome.${this.participant}`, payload, { headers: header, timeout: 5_000 });
        const stored = answer.json<{ stream?: string; error?: { description?: string } }>();
        if (stored.stream === `FROM_${this.participant}`) {
          return;
        }
        console.error("the broker did not store an outcome:", stored.error?.description);
      } catch (error) {
        console.error("an outcome will be told again:", String(error));
      }
      await pause(waitMs);
    }
  }

  /**
   * Hands over instructions, in order. A message is acknowledged after take has returned, which means: after
   * everything that it asks for is on the disk. One that the switch did not sign ends it, without an acknowledgement.
   */
  async receive(take: (instructions: Instruction[]) => void): Promise<never> {
    for (;;) {
      let next = await this.beginAgain();
      const inbox = createInbox(`_INBOX.${this.participant}`);
      const messages = this.connection.subscribe(inbox);
      const ask = () =>
        this.connection.publish(
          `$JS.API.CONSUMER.MSG.NEXT.TO_${this.participant}.adapter`,
          JSON.stringify({ batch, expires: expiresMs * 1_000_000 }),
          { reply: inbox },
        );
      let left = batch;
      let heard = Date.now();
      const silence = setInterval(() => { // the request, or its end, was lost with a connection
        if (Date.now() - heard > 2 * expiresMs) {
          messages.unsubscribe();
        }
      }, expiresMs);
      ask();
      for await (const message of messages) {
        heard = Date.now();
        if (message.headers?.code) { // the broker's word about the request: it has ended
          left = batch;
          ask();
          continue;
        }
        const sequence = sequenceOf(message);
        if (sequence > next) { // something is missing: from the beginning
          break;
        }
        if (sequence === next) {
          const kind = message.subject.split(".")[0]!;
          if (!this.verifier.verifies(kind, message.data, message.headers?.get("Ayni-Signature") ?? "")) {
            throw new Error(`message ${sequence}: not signed by the switch`);
          }
          take(instructionsOf(kind, message.data));
          next++;
        }
        message.respond(); // an empty answer acknowledges
        if (--left === 0) {
          left = batch;
          ask();
        }
      }
      clearInterval(silence);
      messages.unsubscribe();
    }
  }

  /** Has what was delivered and not acknowledged come again, at once and in order; returns the sequence that comes next. */
  private async beginAgain(): Promise<number> {
    for (;;) {
      try {
        const answer = await this.connection.request(`$JS.API.CONSUMER.RESET.TO_${this.participant}.adapter`, "", { timeout: 5_000 });
        const reset = answer.json<{ reset_seq?: number }>();
        if (reset.reset_seq) {
          return reset.reset_seq;
        }
      } catch (error) {
        console.error("receiving will be tried again:", String(error));
      }
      await pause(200);
    }
  }
}

/** The sequence in the stream, from the subject that acknowledges: $JS.ACK.[domain.account.]stream.consumer.delivered.sequence… */
function sequenceOf(message: Msg): number {
  const tokens = (message.reply ?? "").split(".");
  return Number(tokens[tokens.length >= 11 ? 7 : 5]);
}
