// Bytes as pages carry them: base64url without padding.

/** coded writes bytes. */
export function coded(bytes) {
	return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** decoded reads them. */
export function decoded(text) {
	return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

/** hex writes bytes in hexadecimal. */
export function hex(bytes) {
	return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join('');
}

/** sha256 of bytes. */
export async function sha256(bytes) {
	return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}

/** utf8 of a text. */
export function utf8(text) {
	return new TextEncoder().encode(text);
}
