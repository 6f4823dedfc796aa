// Closed lines as messaging/README.md says: what may be personal is not signed, but its SHA-256 is, with a salt.

import { createHash, createHmac, randomBytes } from "node:crypto";
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Outcome } from "./payloads.js";

/** The secret of the salts: made once, and the same for ever, so that what is told again has the same bytes. */
export function secretAt(path: string): Buffer {
  if (!existsSync(path)) {
    const fresh = openSync(`${path}.new`, "w", 0o600);
    writeSync(fresh, randomBytes(32));
    fsyncSync(fresh);
    closeSync(fresh);
    renameSync(`${path}.new`, path);
    const folder = openSync(dirname(path), "r");
    fsyncSync(folder); // the name, too, before anything is told
    closeSync(folder);
  }
  const secret = readFileSync(path);
  if (secret.length !== 32) {
    throw new Error(`${path} is no secret of 32 bytes`);
  }
  return secret;
}

/** A payload of outcome.<participant>: the open line, and behind a line feed the closed one, where the rail said something. */
export function payloadOf(participant: string, outcome: Outcome, secret: Buffer): { open: Buffer; payload: Buffer } {
  const shown = {
    ...outcome,
    ...(outcome.rail_ref === undefined ? {} : { rail_ref: fit(outcome.rail_ref, 140) }),
    ...(outcome.rail_code === undefined ? {} : { rail_code: fit(outcome.rail_code, 35) }),
  };
  let closed = "";
  if (outcome.rail_text) {
    closed = JSON.stringify({ rail_text: outcome.rail_text, salt: salt(secret, outcome.transfer, "rail_text") });
    shown.rail_text = createHash("sha256").update(closed).digest("base64url");
  }
  const open = Buffer.from(JSON.stringify({ version: 2, participant, outcomes: [shown] })); // without a line feed
  return { open, payload: closed === "" ? open : Buffer.concat([open, Buffer.from("\n" + closed)]) };
}

function salt(secret: Buffer, id: string, role: string): string {
  return createHmac("sha256", secret).update(`ayni.salt.v1\n${id}\n${role}`).digest().subarray(0, 16).toString("base64url");
}

/** References and codes are open, and so no place for sentences. */
function fit(text: string, most: number): string {
  return text.replace(/[^A-Za-z0-9._:/=-]/gu, "_").slice(0, most);
}
