// What the console does in the browser beside htmx: theme, zone, keys, filters that stick, and what is live.

const year = 60 * 60 * 24 * 365;
const cookie = (name, value) => {
	document.cookie = `${name}=${value}; path=/console/; max-age=${value ? year : 0}; samesite=strict${location.protocol === 'https:' ? '; secure' : ''}`;
};

// Theme: kept in a cookie, so that the next page comes in it.
for (const group of document.querySelectorAll('.theme')) {
	group.hidden = false;
	group.addEventListener('click', (event) => {
		const theme = event.target.dataset.themeTo;
		if (theme === undefined) return;
		cookie('theme', theme);
		if (theme) document.documentElement.dataset.theme = theme;
		else delete document.documentElement.dataset.theme;
		for (const b of group.children) b.setAttribute('aria-pressed', b === event.target);
		document.dispatchEvent(new Event('themed'));
	});
}

// Zone: the next page comes in the reader's own, and what is here already is written again.
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const shown = document.querySelector('[data-zone]');
if (zone && shown && shown.textContent !== zone) {
	cookie('zone', zone);
	if (!document.cookie.includes(`zone=${zone}`)) shown.title = 'Cookies are off, so times stay in UTC';
	else if (shown.textContent === 'UTC' && zone !== 'UTC' && zone !== 'Etc/UTC' && !sessionStorage.getItem('zoned')) {
		sessionStorage.setItem('zoned', '1');
		location.reload();
	}
}

// Filters stick: the last query of a page is where the navigation leads back to.
const page = document.querySelector('[data-filters]')?.dataset.filters;
const keep = () => {
	if (page && page === location.pathname) {
		const query = new URLSearchParams(location.search);
		query.delete('after');
		localStorage.setItem(`filters ${page}`, query.toString());
	}
	for (const a of document.querySelectorAll('a[data-stick]')) {
		const query = localStorage.getItem(`filters ${a.dataset.stick}`);
		a.href = a.dataset.stick + (query ? `?${query}` : '');
	}
};
keep();
document.addEventListener('htmx:pushedIntoHistory', keep);
// Forms leave out what nobody filled in, so that addresses stay short.
document.addEventListener('htmx:configRequest', (event) => {
	const p = event.detail.parameters;
	for (const [name, value] of [...(p.entries?.() ?? Object.entries(p))]) if (value === '') delete p[name];
	const token = document.body.dataset.token;
	if (token) event.detail.headers['X-CSRF-Token'] = token;
});

// What could not be loaded is said where it would be; the next that can be takes its place.
for (const failed of ['htmx:responseError', 'htmx:sendError', 'htmx:timeout']) {
	document.addEventListener(failed, (event) => {
		const part = event.detail.target ?? document.getElementById('results');
		if (!part || part.querySelector('[data-unloaded]')) return;
		const note = document.createElement('p');
		note.className = 'note bad';
		note.setAttribute('role', 'alert');
		note.dataset.unloaded = '';
		note.append(Object.assign(document.createElement('span'), { textContent: 'This could not be loaded, so what you see is from before. Try again.' }));
		part.prepend(note);
	});
}

// While the ledger is away its page looks every few seconds whether it is back.
const away = document.querySelector('[data-retry]');
if (away) {
	away.querySelector('.said').textContent = ' · this page looks by itself, too.';
	setInterval(() => fetch(location.href).then((answer) => answer.ok && location.reload(), () => {}), 5000);
}

// Keys.
const keys = document.getElementById('keys');
for (const b of document.querySelectorAll('[data-keys]')) {
	b.hidden = false;
	b.addEventListener('click', () => keys.showModal());
}
let leader = 0;
document.addEventListener('keydown', (event) => {
	if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest('input, select, textarea, dialog[open]')) return;
	if (event.key === '?') return keys.showModal();
	if (event.key === 'g') {
		leader = Date.now();
		return;
	}
	if (Date.now() - leader < 1500) {
		leader = 0;
		const to = document.querySelector(`.side a[data-key="${CSS.escape(event.key)}"]`);
		if (to) location.assign(to.href);
		return;
	}
	if (event.key === '/') {
		const find = document.querySelector('[type=search]');
		if (find) {
			event.preventDefault();
			find.focus();
			find.select();
		}
	}
	if (event.key === 'j' || event.key === 'k') {
		const rows = [...document.querySelectorAll('#main tbody a.row-link')];
		const at = rows.indexOf(document.activeElement);
		rows[Math.max(0, Math.min(rows.length - 1, at + (event.key === 'j' ? 1 : -1)))]?.focus();
	}
});

// Live: one stream while the page is seen, none while it is hidden. Each event is named after the element whose
// inside it is; several that come within a frame are painted once, and only the newest of each.
const live = document.querySelector('[data-live]');
if (live) {
	let stream;
	const fresh = new Map();
	const paint = () => {
		for (const [name, html] of fresh) {
			const part = document.getElementById(name);
			if (part && part.innerHTML !== html) part.innerHTML = html;
		}
		fresh.clear();
	};
	const listen = () => {
		if (document.hidden) {
			stream?.close();
			stream = undefined;
			live.dataset.state = 'paused';
		} else if (!stream) {
			stream = new EventSource(live.dataset.live);
			stream.onopen = () => { live.dataset.state = 'live'; };
			stream.onerror = () => { live.dataset.state = 'lost'; };
			stream.addEventListener('parts', (event) => {
				if (fresh.size === 0) requestAnimationFrame(paint);
				for (const [name, html] of Object.entries(JSON.parse(event.data))) fresh.set(name, html);
			});
		}
	};
	document.addEventListener('visibilitychange', listen);
	addEventListener('pagehide', () => stream?.close());
	listen();
}

// Charts.
const chart = document.querySelector('[data-chart]');
if (chart) import('/console/assets/chart.js');

// The log, verified here.
if (document.querySelector('[data-log]')) import('/console/assets/verify.js');
