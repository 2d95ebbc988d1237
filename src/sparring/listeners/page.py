"""The HTML frame of a report: one file, without requests to the network."""

from html import escape

_STYLE = """
:root { color-scheme: light dark;
  --paper: #fbfbfa; --card: #ffffff; --ink: #1c1f24; --quiet: #5f6873; --rule: #e2e4e8; --grid: #eceef1;
  --good: #15803d; --busy: #1d4ed8; --warn: #b45309; --bad: #b91c1c;
  --c0: #2563eb; --c1: #d97706; --c2: #0f9488; --c3: #9333ea; --c4: #dc2626;
  --c5: #64748b; --c6: #db2777; --c7: #65a30d }
@media screen and (prefers-color-scheme: dark) { :root {
  --paper: #14161a; --card: #1c1f25; --ink: #e6e8eb; --quiet: #9aa3af; --rule: #30353d; --grid: #282c33;
  --good: #4ade80; --busy: #7aa7ff; --warn: #fbbf24; --bad: #f87171;
  --c0: #6ea8fe; --c1: #f6b44b; --c2: #3fd0bf; --c3: #c792ff; --c4: #fb7f7f;
  --c5: #a3b1c6; --c6: #f48fc0; --c7: #a9d65c } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 1120px; padding: 2.2rem 1.4rem 4rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100% }
h1 { font-size: 2rem; line-height: 1.2; margin: 0 0 .3rem; overflow-wrap: anywhere }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .8rem; padding-top: .9rem; border-top: 1px solid var(--rule) }
.status { margin: 0; font-size: 1.05rem; overflow-wrap: anywhere }
.status::before { content: "\\25CF"; margin-right: .45em; color: var(--tone) }
.good { --tone: var(--good) } .busy { --tone: var(--busy) } .warn { --tone: var(--warn) } .bad { --tone: var(--bad) }
progress { width: 100%; height: .5rem; margin: .9rem 0 0; accent-color: var(--busy) }
.numbers { display: grid; grid-template-columns: repeat(auto-fill, minmax(150px, 1fr)); gap: .7rem; margin: 1.5rem 0 0 }
.numbers div { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .65rem .85rem }
.numbers dt { color: var(--quiet); font-size: .82rem }
.numbers dd { margin: 0; font-size: 1.35rem; font-weight: 600; line-height: 1.3 }
.numbers small { display: block; font-size: .78rem; font-weight: 400; color: var(--quiet) }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 430px), 1fr)); gap: 1rem }
figure { margin: 0; background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .9rem 1rem;
  min-width: 0; break-inside: avoid }
figcaption { font-weight: 600 }
.chart { max-width: 660px }
.chart svg { display: block; width: 100%; height: auto; margin-top: .4rem }
.chart text { font-size: 12px; fill: var(--quiet) }
.chart .end { text-anchor: end } .chart .mid { text-anchor: middle }
.chart path { fill: none; stroke-linecap: round; stroke-linejoin: round }
.chart .grid { stroke: var(--grid) } .chart .axis { stroke: var(--rule) }
.chart .line { stroke: var(--tone); stroke-width: 2 }
.chart .raw { stroke: var(--tone); stroke-width: 1; opacity: .28 }
.chart .dot { fill: var(--card); stroke: var(--tone); stroke-width: 2 }
.wide { overflow-x: auto } .wide table { min-width: 52rem } .wide th { width: auto }
.sheets { columns: 2 430px; column-gap: 1rem; margin-top: 1rem } .sheets figure { margin: 0 0 1rem }
.sheets img { display: block; max-width: 100%; height: auto; border-radius: 4px }
.sheets .precision_recall { column-span: all; margin-top: 1rem }
.s0 { --tone: var(--c0) } .s1 { --tone: var(--c1) } .s2 { --tone: var(--c2) } .s3 { --tone: var(--c3) }
.s4 { --tone: var(--c4) } .s5 { --tone: var(--c5) } .s6 { --tone: var(--c6) } .s7 { --tone: var(--c7) }
.legend { list-style: none; margin: .4rem 0 0; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.1rem;
  font-size: .88rem }
.legend i { display: inline-block; width: .85em; height: .28em; border-radius: 2px; background: var(--tone);
  vertical-align: .25em; margin-right: .4em }
.note, .caption { margin: .4rem 0 0; font-size: .85rem; color: var(--quiet) }
.pictures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)); gap: 1rem;
  align-items: start }
.pictures figure { max-width: 660px }
.pictures img { display: none; width: 100%; height: auto; margin-top: .6rem; border-radius: 4px }
.pictures img.current { display: block }
.pictures img.small { image-rendering: pixelated }
.controls { display: flex; gap: .8rem; align-items: center; margin-top: .7rem }
.controls input { flex: 1; min-width: 0; accent-color: var(--busy) }
button { font: inherit; font-size: .9rem; padding: .25rem .9rem; border-radius: 7px; border: 1px solid var(--rule);
  background: var(--paper); color: inherit; cursor: pointer; min-width: 5em }
table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .35rem .8rem .35rem 0; border-bottom: 1px solid var(--rule);
  overflow-wrap: anywhere }
th { font-weight: 500; color: var(--quiet); width: 11em }
details { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: .7rem 1rem }
summary { cursor: pointer; font-weight: 600 }
pre { overflow-x: auto; font: .85rem/1.5 ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace;
  margin: .8rem 0 0 }
footer { margin-top: 2.5rem; color: var(--quiet); font-size: .85rem }
@media (max-width: 520px) { body { padding: 1.4rem .9rem 3rem } h1 { font-size: 1.6rem } th { width: 7.5em }
  .numbers { grid-template-columns: 1fr 1fr } figure { padding: .7rem } .chart text { font-size: 15px } }
@media print { body { padding: 0; max-width: none } h2 { break-after: avoid } .charts { grid-template-columns: 1fr 1fr }
  .controls { display: none } pre { white-space: pre-wrap } }
"""

_SCRIPT = """
for (const player of document.querySelectorAll('[data-frames]')) {
  const frames = player.querySelectorAll('img'), when = player.querySelector('[data-when]');
  const slider = player.querySelector('input'), button = player.querySelector('button');
  let timer = 0;
  const show = index => {
    frames.forEach((frame, other) => frame.classList.toggle('current', other === index));
    when.textContent = frames[index].dataset.images;
    slider.value = index;
    slider.setAttribute('aria-valuetext', frames[index].dataset.images + ' images');
  };
  const stop = () => { clearInterval(timer); timer = 0; button.textContent = 'Play'; };
  slider.addEventListener('input', () => { stop(); show(+slider.value); });
  button.addEventListener('click', () => {
    if (timer) return stop();
    let index = +slider.value === frames.length - 1 ? 0 : +slider.value;
    show(index);
    button.textContent = 'Pause';
    timer = setInterval(() => { show(++index); if (index >= frames.length - 1) stop(); }, 250);
  });
  player.querySelector('.controls').hidden = false;
}
"""


def page(title: str, body: str) -> str:
    """Returns an HTML document around `body`; `title` is escaped, `body` is not."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n<script>{_SCRIPT}</script>\n</body>\n</html>\n"
    )
