// Reads what is to be signed, on the device, from the very bytes that will be signed.
import { decimals } from './exponents.js';
import { hex, sha256 } from './bytes.js';

export const actPrefix = 'ayni.pool.act.v1\n';
export const signInPrefix = 'ayni.pool.signin.v1\n';

/** Refused says why this device does not sign; its message is the last part of a word's key ("device.<reason>"). */
export class Refused extends Error {}

/** valueOf reads canonical JSON: written again, it has to be the same bytes. */
export function valueOf(bytes) {
	let text, read;
	try {
		text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
		read = JSON.parse(text);
	} catch {
		throw new Refused('not_canonical');
	}
	if (canonical(read) !== text) throw new Refused('not_canonical');
	return read;
}

/** canonical writes a value in the one form that is signed: sorted names, no spaces, no numbers. */
function canonical(value) {
	if (typeof value === 'string' || typeof value === 'boolean') return JSON.stringify(value);
	if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
	if (!isObject(value)) throw new Refused('not_canonical');
	return `{${Object.keys(value).sort().map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

/**
 * read reads an act with all that it names, and refuses it unless it is one for this pool, in this member's name and
 * in time. It gives rows of {name, value, unit?, minor?, named?} for the act, and for each that it names.
 */
export async function read({ act, documents, closed }, { pool, member, now }) {
	const value = valueOf(act);
	if (!isObject(value)) throw new Refused('not_an_act');
	const names = Object.keys(value).filter((name) => name !== 'by').sort().join();
	if (names !== 'body,expires,id,kind,pool,version' || !isObject(value.body)) throw new Refused('not_an_act');
	if (value.pool !== pool) throw new Refused('wrong_pool');
	if (value.kind !== 'join' && (!value.by || (member && value.by !== member))) throw new Refused('wrong_member');
	if (!(Date.parse(value.expires) > now)) throw new Refused('expired');
	const all = [value, ...documents.map(value.kind === 'invite' ? codeOf : valueOf), ...closed.map(opened)];
	const numbers = new Map();
	for (const [i, bytes] of [...documents, ...closed].entries()) numbers.set(hex(await sha256(bytes)), i + 1);
	const rows = all.map((one) => say([], 'text', one, numbers));
	rows[0] = say(say([], 'body', value.body, numbers), 'act', { ...value, body: [] }, new Map()); // only a body names
	if (rows[0].some((row) => /^[0-9a-f]{64}$/.test(row.value) && !row.named)) throw new Refused('unshown_document');
	const named = new Set(rows.flat().map((row) => row.named).filter(Boolean));
	if (named.size !== documents.length + closed.length) throw new Refused('unnamed_document');
	return { by: value.by, kind: value.kind, act: rows[0], named: rows.slice(1) };
}

/** challenge reads what is signed to sign in, and refuses it unless it asks for this pool at this address. */
export function challenge(bytes, { pool, origin }) {
	const value = valueOf(bytes);
	if (!isObject(value) || Object.keys(value).sort().join() !== 'nonce,origin,pool') throw new Refused('not_an_act');
	if (value.pool !== pool) throw new Refused('wrong_pool');
	if (value.origin !== origin) throw new Refused('wrong_place');
	return value;
}

// opened reads a closed value: a salt, and behind it a line of JSON.
function opened(bytes) {
	const salt = new TextDecoder().decode(bytes.slice(0, 33));
	if (!/^[0-9a-f]{32}\n$/.test(salt) || bytes.at(-1) !== 0x0a) throw new Refused('not_canonical');
	return valueOf(bytes.slice(33, -1));
}

// codeOf reads an invitation's code, which is the one document that is no JSON.
function codeOf(bytes) {
	const code = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
	if (!/^[0-9a-z-]{16,64}$/.test(code)) throw new Refused('not_canonical');
	return { code };
}

function isObject(value) {
	return value !== null && typeof value === 'object' && !Array.isArray(value);
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
