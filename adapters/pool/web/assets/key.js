// The member's key: made here, kept in this browser's own store in a form that cannot be taken out.
import { coded, decoded, utf8 } from './bytes.js';

// PKCS #8 of an Ed25519 key is this and the seed (RFC 8410).
const pkcs8 = decoded('MC4CAQAwBQYDK2VwBCIEIA');

/** able tells whether this browser can sign, here. */
export async function able() {
	if (!globalThis.crypto?.subtle || !globalThis.indexedDB) return false;
	try {
		await imported(new Uint8Array(32), false);
		return true;
	} catch {
		return false;
	}
}

function imported(seed, extractable) {
	return crypto.subtle.importKey('pkcs8', new Uint8Array([...pkcs8, ...seed]), { name: 'Ed25519' }, extractable, ['sign']);
}

/** seed makes a new one. */
export function seed() {
	return crypto.getRandomValues(new Uint8Array(32));
}

/** keep stores the key of a seed for a pool, and forgets the seed. */
export async function keep(seed, pool) {
	const { x } = await crypto.subtle.exportKey('jwk', await imported(seed, true));
	const record = { private: await imported(seed, false), public: x, pool, member: '' };
	seed.fill(0);
	await put(record);
	await navigator.storage?.persist?.(); // else a browser short of room may drop it
	return record;
}

/** sign signs bytes under a prefix. */
export async function sign(record, prefix, bytes) {
	const text = new Uint8Array([...utf8(prefix), ...bytes]);
	return coded(new Uint8Array(await crypto.subtle.sign('Ed25519', record.private, text)));
}

/** load gives the key of this browser, or undefined. */
export function load() {
	return store('readonly', (keys) => keys.get('own'));
}

/** put stores a key's record. */
export function put(record) {
	return store('readwrite', (keys) => keys.put(record, 'own'));
}

/** forget removes the key. */
export function forget() {
	return store('readwrite', (keys) => keys.delete('own'));
}

function store(mode, ask) {
	return new Promise((resolve, reject) => {
		const opening = indexedDB.open('ayni-pool', 1);
		opening.onupgradeneeded = () => opening.result.createObjectStore('keys');
		opening.onerror = () => reject(opening.error);
		opening.onsuccess = () => {
			const database = opening.result;
			const asked = database.transaction('keys', mode);
			const request = ask(asked.objectStore('keys'));
			asked.oncomplete = () => {
				database.close();
				resolve(request.result);
			};
			asked.onabort = () => {
				database.close();
				reject(asked.error);
			};
		};
	});
}
