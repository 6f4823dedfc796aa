// Cosignatures of witnesses (C2SP tlog-cosignature, Ed25519): "at this time, this was the largest tree of the log that I had seen".

import { bytesOf } from '/console/assets/tree.js';

/** witnessesOf reads the names and keys in a policy's lines (C2SP tlog-policy). */
export async function witnessesOf(policy) {
	const lines = policy.split('\n').map((line) => line.trim().split(/\s+/)).filter(([word]) => word === 'witness');
	return Promise.all(lines.map(async ([, name, vkey]) => {
		const [, signer, id, key] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey ?? '') ?? [];
		const raw = key ? bytesOf(key) : [];
		if (raw.length !== 33 || raw[0] !== 4) throw new Error(`The policy’s key of ${name} is no cosigner’s.`);
		return { name, signer, id, public: await crypto.subtle.importKey('raw', raw.slice(1), 'Ed25519', true, ['verify']) };
	}));
}

/** cosigned tells when a witness cosigned a checkpoint; undefined where it did not. It throws where its line does not hold. */
export async function cosigned(note, witness) {
	const end = note.indexOf('\n\n');
	const text = note.slice(0, end + 1);
	for (const line of note.slice(end + 2).split('\n')) {
		const [, name, signature] = /^\u2014 (\S+) (\S+)$/.exec(line) ?? [];
		if (name !== witness.signer) continue;
		const raw = bytesOf(signature);
		if (Array.from(raw.slice(0, 4), (b) => b.toString(16).padStart(2, '0')).join('') !== witness.id) continue;
		const seconds = raw.length === 76 ? new DataView(raw.buffer).getBigUint64(4) : -1n;
		const said = new TextEncoder().encode(`cosignature/v1\ntime ${seconds}\n${text}`);
		if (!await crypto.subtle.verify('Ed25519', witness.public, raw.slice(12), said)) throw new Error(`The cosignature of ${witness.name} does not hold.`);
		return new Date(Number(seconds) * 1000);
	}
	return undefined;
}
