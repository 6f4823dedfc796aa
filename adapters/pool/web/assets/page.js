// Small parts of pages, in the reader's language. Text is only ever set as text.
import { plain } from './exponents.js';

/** words of this page's language: a file as fixed as this one, so that no page changes what a word means. */
export async function load() {
	const names = { en: './words.en.js', sw: './words.sw.js', hi: './words.hi.js', fil: './words.fil.js', fr: './words.fr.js' };
	return (await import(names[document.documentElement.lang] ?? names.en)).default;
}

/** part makes an element with attributes and children, which are elements or text. */
export function part(name, attributes, ...children) {
	const made = document.createElement(name);
	for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
	made.append(...children);
	return made;
}

/** button makes a button that does something, once at a time. */
export function button(text, act, attributes) {
	const made = part('button', { type: 'button', ...attributes }, text);
	made.addEventListener('click', async () => {
		made.disabled = true;
		try {
			await act();
		} finally {
			made.disabled = false;
		}
	});
	return made;
}

/** said makes a list of rows as act.js reads them. */
export function said(rows, words) {
	return part('dl', { class: 'facts said' }, ...rows.map((row) =>
		part('div', {}, part('dt', {}, ...label(row.name, words)), part('dd', {}, ...value(row, words)))));
}

const has = (words, key) => Object.hasOwn(words, key);

function own(text) {
	return part('span', { lang: '', dir: 'auto' }, text);
}

function label(name, words) {
	return [has(words, `field.${name}`) ? words[`field.${name}`] : own(name.replaceAll('_', ' '))];
}

function value(row, words) {
	const lang = document.documentElement.lang;
	if (row.unit) {
		const text = plain(row.value, row.unit);
		const digits = (text.split('.')[1] ?? '').length;
		const format = new Intl.NumberFormat(lang === 'en' ? 'en-GB' : lang, { minimumFractionDigits: digits, numberingSystem: 'latn' });
		return [`${format.format(text)}\u00a0${row.unit.split('.')[0]}`];
	}
	if (row.named) return [words['device.document'].replace('{n}', row.named)];
	if (row.minor) return [words['device.minor'].replace('{n}', row.value)];
	const key = `${row.name === 'decision' ? 'kind' : row.name}.${row.value}`;
	if (has(words, key)) return [`${words[key]} (`, own(row.value), ')'];
	if (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(row.value)) {
		const format = new Intl.DateTimeFormat(lang === 'en' ? 'en-GB' : lang, { dateStyle: 'medium', timeStyle: 'short' });
		return [part('time', { datetime: row.value }, format.format(new Date(row.value)))];
	}
	return [own(row.value)];
}

/** error makes an error's paragraph. */
export function error(text, id) {
	return part('p', { class: 'error', role: 'alert', ...(id ? { id } : {}) }, part('span', { 'aria-hidden': 'true' }, '! '), text);
}
