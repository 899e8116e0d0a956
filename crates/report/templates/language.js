'use strict';
// Attention: the chosen token's row of the chosen head lights up the tokens that it takes from.
(() => {
  const maps = JSON.parse(document.querySelector('#figures').textContent).attention;
  if (!maps) return;
  const buttons = [...document.querySelectorAll('#heads button')];
  const text = document.querySelector('#attended');
  const spans = [...text.querySelectorAll('span')];
  const looks = document.querySelector('#looks');
  const shown = token => '“' + token.replaceAll('\n', '⏎').replaceAll(' ', '␣') + '”';
  let { head, token } = maps;

  function light() {
    const weights = maps.heads[head].thousandths[token];
    spans.forEach((span, at) => {
      span.style.setProperty('--weight', Math.sqrt((weights[at] ?? 0) / 1000));
      span.classList.toggle('from', at === token);
    });
    buttons.forEach((button, at) => button.setAttribute('aria-pressed', at === head));
    const most = weights.map((weight, at) => [weight, at]).sort((a, b) => b[0] - a[0]).slice(0, 4);
    const { block, head: number } = maps.heads[head];
    const parts = most.filter(([weight]) => weight >= 10)
      .map(([weight, at]) => `${shown(maps.tokens[at])} at ${at} (${(weight / 10).toFixed(0)} %)`);
    looks.textContent =
      `Block ${block}, head ${number}: ${shown(maps.tokens[token])} at ${token} looks at ${parts.join(', ')}.`;
  }

  function draw(canvas, { thousandths }) {
    const context = canvas.getContext('2d');
    const color = getComputedStyle(document.documentElement).getPropertyValue('--for').trim();
    context.clearRect(0, 0, canvas.width, canvas.height);
    thousandths.forEach((row, y) => row.forEach((weight, x) => {
      if (weight === 0) return;
      context.fillStyle = `rgb(${color} / ${Math.sqrt(weight / 1000)})`;
      context.fillRect(x, y, 1, 1);
    }));
  }

  function drawAll() {
    buttons.forEach((button, at) => draw(button.querySelector('canvas'), maps.heads[at]));
  }

  buttons.forEach((button, at) => button.addEventListener('click', () => { head = at; light(); }));
  spans.forEach((span, at) => {
    span.addEventListener('pointerenter', () => { token = at; light(); });
    span.addEventListener('click', () => { token = at; light(); });
  });
  text.addEventListener('keydown', event => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!step) return;
    token = Math.min(spans.length - 1, Math.max(0, token + step));
    light();
    event.preventDefault();
  });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', drawAll);
  drawAll();
  light();
})();
