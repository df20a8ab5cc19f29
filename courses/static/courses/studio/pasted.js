// What word processors put on the clipboard, as the HTML it means. Word writes lists as paragraphs
// with a bullet drawn into them; Google Docs wraps everything in one bold element that is not bold;
// both keep footnotes at the end, and say bold and italic in styles. The server cleans what is left.
const NUMBER = /^\(?(\d+|[a-z]|[ivx]+)[.)]/i;
const TAG = /<[^<>]*>/g;
const SHEET = /<style\b[^<>]*>[\s\S]*?<\/style\s*>/gi;
const STYLE = /(\s)style(\s*=)/gi; // under our policy a browser complains of every style it parses
const LEVEL = /mso-list:\s*l\d+\s+level(\d)/i;

export function pasted(html) {
  const unstyled = html.replace(SHEET, "").replace(TAG, (tag) => tag.replace(STYLE, "$1data-style$2"));
  const page = new DOMParser().parseFromString(unstyled, "text/html");
  const { body } = page;
  silence(page);
  footnotes(body);
  lists(page);
  for (const wrapper of body.querySelectorAll("[id^=docs-internal-guid], o\\:p, font, center")) {
    wrapper.replaceWith(...wrapper.childNodes);
  }
  weights(page);
  ranks(page);
  for (const text of words(body)) text.data = text.data.replaceAll("\u00a0", " ");
  for (const paragraph of body.querySelectorAll("p")) {
    if (!paragraph.textContent.trim() && !paragraph.querySelector("img")) paragraph.remove();
  }
  return body.innerHTML;
}

// Comments, styles and what Word writes for its own eyes.
function silence(page) {
  const comments = page.createTreeWalker(page.documentElement, NodeFilter.SHOW_COMMENT);
  const found = [];
  while (comments.nextNode()) found.push(comments.currentNode);
  for (const comment of found) comment.remove();
  for (const one of page.querySelectorAll("style, script, title, meta, link, xml, [data-style*='mso-hide']")) one.remove();
}

// The words of each footnote where its number stands.
function footnotes(body) {
  const notes = new Map();
  const back = 'a[href*="#_ftnref"], a[href*="#ftnt_ref"]';
  for (const link of body.querySelectorAll(back)) {
    const number = link.getAttribute("href").match(/\d+$/)?.[0];
    const note = link.closest("div[id^=ftn]") ?? link.closest("div, p");
    if (!number || !note || notes.has(number)) continue;
    link.remove();
    notes.set(number, note.textContent.replace(/\s+/g, " ").trim());
    note.remove();
  }
  for (const link of body.querySelectorAll('a[href*="#_ftn"], a[href*="#ftnt"]')) {
    const words = notes.get(link.getAttribute("href").match(/\d+$/)?.[0]);
    const place = link.closest("sup") ?? link;
    if (!words) continue;
    const note = body.ownerDocument.createElement("small");
    note.textContent = words;
    place.replaceWith(note);
  }
  if (!notes.size) return;
  for (const rule of body.querySelectorAll("hr")) {
    if (!rule.nextElementSibling?.textContent.trim()) rule.remove();
  }
}

// Paragraphs that Word calls items become items, each level inside the last item of the one above.
function lists(page) {
  let open = []; // the lists that stand around the next item
  for (const paragraph of [...page.querySelectorAll("p[data-style*='mso-list'], h1, h2, h3, p, table")]) {
    const level = Number(paragraph.getAttribute("data-style")?.match(LEVEL)?.[1] ?? 0);
    if (!level || open.at(-1)?.end !== paragraph.previousElementSibling) open = [];
    if (!level) continue;
    const drawn = [...paragraph.querySelectorAll("span[data-style*='mso-list']")].find((span) => /ignore/i.test(span.getAttribute("data-style")));
    const mark = drawn?.textContent.trim() ?? "";
    drawn?.remove();
    open.length = Math.min(open.length, level);
    if (open.length < level) {
      const list = page.createElement(NUMBER.test(mark) && mark !== "o" ? "ol" : "ul");
      const item = open.at(-1)?.list.lastElementChild;
      if (item) item.append(list);
      else paragraph.before(list);
      open.push({ list });
    }
    const item = page.createElement("li");
    item.append(...paragraph.childNodes);
    open.at(-1).list.append(item);
    for (const one of open) one.end = open[0].list;
    paragraph.remove();
  }
}

// Bold, italic and raised text that stands in styles.
function weights(page) {
  for (const span of page.querySelectorAll("span[data-style]")) {
    const style = span.getAttribute("data-style").replaceAll(/\s/g, "").toLowerCase();
    const meant = [];
    if (/font-weight:(bold|[6-9]00)/.test(style) && !span.closest("h1, h2, h3, h4, h5, strong, b")) meant.push("strong");
    if (/font-style:italic/.test(style)) meant.push("em");
    if (/vertical-align:super/.test(style)) meant.push("sup");
    for (const name of meant) {
      const element = page.createElement(name);
      element.append(...span.childNodes);
      span.append(element);
    }
  }
  for (const one of page.querySelectorAll("[data-style]")) one.removeAttribute("data-style");
}

// A lesson has its h1 already: what is an h1 there is an h2 here.
function ranks(page) {
  if (!page.querySelector("h1")) return;
  for (const heading of page.querySelectorAll("h1, h2, h3, h4, h5")) {
    const rank = Math.min(Number(heading.localName[1]) + 1, 4);
    const lower = page.createElement(`h${rank}`);
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
}

function words(body) {
  const walker = body.ownerDocument.createTreeWalker(body, NodeFilter.SHOW_TEXT);
  const found = [];
  while (walker.nextNode()) found.push(walker.currentNode);
  return found;
}
