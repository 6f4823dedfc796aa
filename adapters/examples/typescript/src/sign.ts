// Signatures as messaging/README.md says: Ed25519 over "ayni.<kind>.v2\n" and the SHA-256 of what is signed: of ours the
// open line, of the switch's the payload.

import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from "node:crypto";

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const typeUser = 20 << 3;
const pkcs8 = Buffer.from("302e020100300506032b657004220420", "hex"); // what comes before a seed
const spki = Buffer.from("302a300506032b6570032100", "hex"); // and before a public key

function fromBase32(text: string): Buffer {
  const bytes: number[] = [];
  let bits = 0;
  let value = 0;
  for (const character of text) {
    const digit = alphabet.indexOf(character);
    if (digit < 0) {
      throw new Error("not base32");
    }
    value = ((value << 5) | digit) & 0xffff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}

function toBase32(bytes: Buffer): string {
  let text = "";
  let bits = 0;
  let value = 0;
  for (const byte of bytes) {
    value = ((value << 8) | byte) & 0xffff;
    for (bits += 8; bits >= 5; bits -= 5) {
      text += alphabet[(value >> (bits - 5)) & 31];
    }
  }
  return bits > 0 ? text + alphabet[(value << (5 - bits)) & 31] : text;
}

function crc16(bytes: Buffer): number {
  let crc = 0;
  for (const byte of bytes) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit++) {
      crc = ((crc << 1) ^ (crc & 0x8000 ? 0x1021 : 0)) & 0xffff;
    }
  }
  return crc;
}

/** The bytes that a signature covers. */
export function signed(kind: string, payload: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`ayni.${kind}.v2\n`), createHash("sha256").update(payload).digest()]);
}

/** Signs as one participant, whose seed is in nkeys user form ("SU…"). */
export class Signer {
  readonly publicKey: string;
  private readonly key: KeyObject;

  constructor(seed: string) {
    const raw = fromBase32(seed.trim());
    this.key = createPrivateKey({ key: Buffer.concat([pkcs8, raw.subarray(2, 34)]), format: "der", type: "pkcs8" });
    const bytes = createPublicKey(this.key).export({ format: "der", type: "spki" }).subarray(-32);
    const typed = Buffer.concat([Buffer.from([typeUser]), bytes]);
    const sum = crc16(typed);
    this.publicKey = toBase32(Buffer.concat([typed, Buffer.from([sum & 0xff, sum >> 8])]));
  }

  sign(kind: string, payload: Uint8Array): string {
    return sign(null, signed(kind, payload), this.key).toString("base64url");
  }
}

/** Checks signatures of one key, in nkeys user form ("U…"). */
export class Verifier {
  private readonly key: KeyObject;

  constructor(publicKey: string) {
    const raw = fromBase32(publicKey);
    this.key = createPublicKey({ key: Buffer.concat([spki, raw.subarray(1, 33)]), format: "der", type: "spki" });
  }

  verifies(kind: string, payload: Uint8Array, signature: string): boolean {
    return /^[A-Za-z0-9_-]{86}$/.test(signature) &&
      verify(null, signed(kind, payload), this.key, Buffer.from(signature, "base64url"));
  }
}
