// Checks a report page in a real browser, at the widths of a phone and a desk, light and dark, and
// printed: nothing is loaded, no script runs, the console stays empty, nothing overflows, the bar is
// as wide as its parts, and axe finds no fault. Prints every fault, and ends with 3 if there is one; with 1 where the browser
// itself has failed.
import { readFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const url = pathToFileURL(process.argv[2]).href;
const shots = process.env.SHOTS;
if (shots) mkdirSync(shots, { recursive: true });

const faults = [];
const fault = (where, what) => faults.push(`${where}: ${what}`);

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

async function open(where, options) {
  const page = await browser.newPage(options);
  page.on('console', (m) => fault(where, `console: ${m.text()}`));
  page.on('pageerror', (e) => fault(where, `script error: ${e.message}`));
  page.on('dialog', (d) => { fault(where, `a script ran: ${d.message()}`); d.dismiss(); });
  page.on('request', (r) => { if (r.url() !== url && r.url() !== 'data:,') fault(where, `request to ${r.url()}`); });
  await page.goto(url);
  return page;
}

// Runs in the page: what a reader would stumble over.
function look() {
  const found = [];
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth > width) found.push(`wider than the window: ${document.documentElement.scrollWidth} > ${width}`);
  if (document.scripts.length > 0) found.push('there are scripts');
  if (document.querySelectorAll('h1').length !== 1) found.push('not one h1');

  const bar = document.querySelector('.bar');
  const parts = [...bar.children].map((part) => part.getBoundingClientRect());
  const drawn = parts.reduce((sum, part) => sum + part.width, 0) + Math.max(0, parts.length - 1) * parseFloat(getComputedStyle(bar).columnGap || 0);
  const room = bar.getBoundingClientRect().width;
  if (parts.length > 0 && Math.abs(drawn - room) > 1) found.push(`the bar's parts are ${drawn} wide, the bar is ${room}`);
  if (parts.some((part) => part.width < 4)) found.push('a part of the bar is too narrow to be seen');

  for (const cell of document.querySelectorAll('h1, h2, th, td, dd, li, pre, small')) {
    const box = cell.getBoundingClientRect();
    if (box.width > 0 && box.right > width + 1 && !cell.closest('.scroll')) found.push(`runs out of the window: ${cell.textContent.trim().slice(0, 60)}`);
  }
  for (const plot of document.querySelectorAll('.plot')) {
    const name = plot.className;
    if (plot.getBoundingClientRect().height < 100) found.push(`${name} has no height`);
    if (![...plot.querySelectorAll('.field path')].some((p) => p.getBBox().width > 1000)) found.push(`${name} is empty`);
    for (const kind of ['text.x', 'text.y', 'text.flag']) {
      const boxes = [...plot.querySelectorAll(kind)].map((t) => [t, t.getBoundingClientRect()]).filter(([, b]) => b.width > 0);
      for (const [i, [text, a]] of boxes.entries()) {
        if (a.left < 0 || a.right > width) found.push(`${name}: label ${text.textContent} is cut`);
        for (const [other, b] of boxes.slice(i + 1)) {
          if (a.left < b.right && b.left < a.right && a.top < b.bottom - 1 && b.top < a.bottom - 1) found.push(`${name}: labels ${text.textContent} and ${other.textContent} overlap`);
        }
      }
    }
  }
  return found;
}

const grounds = {};
for (const [device, viewport] of Object.entries({ desk: { width: 1100, height: 900 }, tablet: { width: 700, height: 900 }, phone: { width: 360, height: 780 } })) {
  for (const colorScheme of ['light', 'dark']) {
    const where = `${device}, ${colorScheme}`;
    const page = await open(where, { viewport, colorScheme, deviceScaleFactor: device === 'phone' ? 2 : 1 });
    for (const what of await page.evaluate(look)) fault(where, what);
    grounds[colorScheme] = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    if (shots) await page.screenshot({ path: `${shots}/${device}-${colorScheme}.png`, fullPage: true });
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'best-practice'] }));
    for (const v of violations) for (const n of v.nodes) fault(where, `${v.id}: ${v.help}: ${n.html.slice(0, 120)}`);
    await page.close();
  }
}
if (grounds.light === grounds.dark) fault('dark', 'looks as in the light');

const plain = await open('without scripts', { javaScriptEnabled: false });
if (!(await plain.textContent('main')).includes('Where every row went')) fault('without scripts', 'the text is not there');
const pdf = await plain.pdf({ format: 'A4', path: shots && `${shots}/page.pdf` });
const sheets = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
if (sheets < 1 || sheets > 30) fault('print', `${sheets} sheets`);

await browser.close();
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(3);
}
console.log(`the page is well at three widths, light and dark, without scripts, and on ${sheets} sheets`);
