// Charts of time, drawn by uPlot in the page's own colours.

const ink = (name) => {
	const probe = document.createElement('i');
	probe.className = 'unseen';
	document.body.append(probe);
	probe.style.color = `var(${name})`;
	const colour = getComputedStyle(probe).color;
	probe.remove();
	return colour;
};

const lines = {
	rate: [[1, 'accepted', '--ink-3', []], [2, 'cleared', '--ink-1', []], [3, 'paid', '--ink-2', [4, 3]]],
	latency: [[4, 'on average', '--ink-1', []], [5, 'at most', '--ink-2', [4, 3]]],
};

const draw = (box, data) => {
	box.replaceChildren();
	if (data[0].length === 0) {
		box.textContent = 'No batches in this time.';
		return;
	}
	const chosen = lines[box.dataset.kind];
	const axis = { stroke: ink('--soft'), grid: { stroke: ink('--line'), width: 1 }, ticks: { show: false }, font: '11px system-ui' };
	new uPlot({
		width: box.clientWidth, height: 200, cursor: { y: false }, legend: { live: true },
		series: [{}, ...chosen.map(([, label, colour, dash]) => ({ label, stroke: ink(colour), width: 1.5, dash, points: { show: data[0].length < 40, size: 4 } }))],
		axes: [{ ...axis, values: (_, all) => all.map((at) => new Date(at * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })) }, { ...axis, size: 56, values: (_, all) => all.map((v) => v.toLocaleString()) }],
	}, [data[0], ...chosen.map(([column]) => data[column])], box);
};

const all = [...document.querySelectorAll('[data-chart]')];
const paint = async () => {
	const answer = await fetch(all[0].dataset.chart, { headers: { Accept: 'application/json' } });
	if (!answer.ok) {
		for (const box of all) box.textContent = 'The figures could not be read just now.';
		return;
	}
	const data = await answer.json();
	const redraw = () => all.forEach((box) => draw(box, data));
	redraw();
	document.addEventListener('themed', redraw);
	matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
	let width = innerWidth;
	addEventListener('resize', () => {
		if (innerWidth === width) return;
		width = innerWidth;
		redraw();
	});
};
paint();
