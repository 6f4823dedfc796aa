// Reads what is to be signed, on the device, from the very bytes that will be signed.
import { decimals } from './exponents.js';
import { hex, sha256 } from './bytes.js';

export const actPrefix = 'ayni.pool.act.v1\n';
export const signInPrefix = 'ayni.pool.signin.v1\n';
const saltLength = 16;

/** Refused says why this device does not sign; its message is the last part of a word's key ("device.<reason>"). */
export class Refused extends Error {}

/** object reads canonical JSON of an object: written again, it has to be the same bytes. */
export function object(bytes) {
	let text, value;
	try {
		text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
		value = JSON.parse(text);
	} catch {
		throw new Refused('not_canonical');
	}
	if (value === null || typeof value !== 'object' || Array.isArray(value)) throw new Refused('not_an_act');
	if (canonical(value) !== text) throw new Refused('not_canonical');
	return value;
}

/** canonical writes a value in the one form that is signed: sorted names, no spaces, no numbers. */
function canonical(value) {
	if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (value === null || typeof value !== 'object') throw new Refused('not_canonical');
	return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/**
 * read reads an act with all that it names, and refuses it unless it is one for this pool, in this member's name and
 * in time. It gives rows of {name, value, unit?, minor?, named?} for the act, and for each that it names.
 */
export async function read({ act, documents, closed }, { pool, member, now }) {
	const value = object(act);
	const names = Object.keys(value).filter((name) => name !== 'by').sort().join();
	if (names !== 'body,expires,id,kind,pool,version' || typeof value.body !== 'object' || Array.isArray(value.body)) throw new Refused('not_an_act');
	if (value.pool !== pool) throw new Refused('wrong_pool');
	if (value.kind !== 'join' && (!value.by || (member && value.by !== member))) throw new Refused('wrong_member');
	if (!(Date.parse(value.expires) > now)) throw new Refused('expired');
	const all = [value, ...documents.map(object), ...closed.map(open)];
	const numbers = new Map();
	for (const [i, bytes] of [...documents, ...closed].entries()) numbers.set(hex(await sha256(bytes)), i + 1);
	const rows = all.map((one) => say([], 'text', one, numbers));
	const named = new Set(rows.flat().map((row) => row.named).filter(Boolean));
	if (named.size !== documents.length + closed.length) throw new Refused('unnamed_document');
	return { by: value.by, kind: value.kind, act: rows[0], named: rows.slice(1) };
}

/** challenge reads what is signed to sign in, and refuses it unless it asks for this pool at this address. */
export function challenge(bytes, { pool, origin }) {
	const value = object(bytes);
	if (Object.keys(value).sort().join() !== 'nonce,origin,pool') throw new Refused('not_an_act');
	if (value.pool !== pool) throw new Refused('wrong_pool');
	if (value.origin !== origin) throw new Refused('wrong_place');
	return value;
}

// open reads a closed value: behind its salt an object, or text.
function open(bytes) {
	if (bytes.length < saltLength) throw new Refused('not_canonical');
	const rest = bytes.slice(saltLength);
	try {
		return object(rest);
	} catch {
		try {
			return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(rest);
		} catch {
			throw new Refused('not_canonical');
		}
	}
}

function say(rows, name, value, numbers) {
	if (typeof value === 'string') {
		const minor = name.endsWith('_minor');
		rows.push({ name: minor ? name.slice(0, -'_minor'.length) : name, value, minor, named: numbers.get(value) });
	} else if (typeof value === 'boolean') {
		rows.push({ name, value: String(value) });
	} else if (Array.isArray(value)) {
		for (const member of value) say(rows, name, member, numbers);
	} else if (isAmount(value)) {
		rows.push({ name, value: value.minor, unit: value.unit });
	} else {
		for (const member of Object.keys(value).sort()) say(rows, member, value[member], numbers);
	}
	return rows;
}

function isAmount(value) {
	return Object.keys(value).sort().join() === 'minor,unit' && typeof value.unit === 'string' &&
		typeof value.minor === 'string' && /^(0|-?[1-9][0-9]{0,18})$/.test(value.minor) && decimals(value.unit) !== undefined;
}
