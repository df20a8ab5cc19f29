// <gw-rich-text editor="address of django-prose-editor's bundle" pasted="address of pasted.js">: turns
// its text box into an editor with the toolbar beside it. The text box keeps the HTML, so forms and
// htmx see no editor. Addresses come from the page: static files have other names on each release.
//
// The editor knows every element that the server's allow-list knows and that may come from files:
// opening a text and saving it loses nothing. Tab always leaves it; Escape goes to the toolbar.

let bundle; // one for the page
const OF_WORDS = new Set(["link", "term", "footnote", "language"]); // they need words to be selected

class RichText extends HTMLElement {
  editor = null; // until it has started

  async connectedCallback() {
    if (this.started) return;
    this.started = true;
    this.box = this.querySelector("textarea");
    this.bar = this.querySelector("[role=toolbar]");
    bundle ??= Promise.all(["editor", "pasted"].map((name) => import(this.getAttribute(name))));
    this.start(...(await bundle));
  }

  disconnectedCallback() {
    // Moved to another place of the page (a sorted list), it is connected again at once.
    setTimeout(() => this.isConnected || this.editor?.destroy());
  }

  start(tiptap, { pasted }) {
    const label = document.querySelector(`label[for="${this.box.id}"]`);
    const here = document.activeElement === this.box || this.box.hasAttribute("autofocus");
    const place = document.createElement("div");
    place.className = "gw-rich-text__place";
    this.box.before(place);
    this.box.hidden = true;
    const attributes = {
      class: "gw-prose",
      role: "textbox",
      "aria-multiline": "true",
      "aria-label": label?.textContent.trim() ?? this.box.name,
      lang: this.box.lang || document.documentElement.lang,
    };
    for (const name of ["aria-describedby", "aria-invalid"]) {
      if (this.box.hasAttribute(name)) attributes[name] = this.box.getAttribute(name);
    }
    this.editor = new tiptap.Editor({
      element: place,
      extensions: extensions(tiptap, this),
      content: captionsIn(this.box.value),
      injectCSS: false,
      editorProps: { attributes, transformPastedHTML: pasted },
      onUpdate: () => {
        this.box.value = this.editor.isEmpty ? "" : captionsOut(this.editor.getHTML());
        this.box.dispatchEvent(new Event("input", { bubbles: true }));
      },
      onTransaction: () => this.mark(),
    });
    label?.addEventListener("click", () => this.editor.commands.focus());
    this.bar.hidden = false;
    this.buttons = [...this.bar.querySelectorAll("button")];
    this.bar.addEventListener("mousedown", (event) => event.preventDefault()); // the text keeps its selection
    this.bar.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      const off = button.getAttribute("aria-disabled") === "true";
      this.tell(off && OF_WORDS.has(button.dataset.do) ? this.getAttribute("select") : "");
      if (!off) this.act(button.dataset.do);
    });
    this.bar.addEventListener("keydown", (event) => this.walk(event));
    this.mark();
    if (here) this.editor.commands.focus("end"); // whoever was in the plain text box stays in the text
  }

  act(what) {
    if (what === "link") return this.askLink();
    if (what === "caption") return this.askCaption();
    if (what === "picture") return this.askPicture();
    const chain = this.editor.chain().focus();
    const acts = {
      paragraph: () => chain.setParagraph(),
      h2: () => chain.toggleHeading({ level: 2 }),
      h3: () => chain.toggleHeading({ level: 3 }),
      bold: () => chain.toggleBold(),
      italic: () => chain.toggleItalic(),
      bullets: () => chain.toggleBulletList(),
      numbers: () => chain.toggleOrderedList(),
      indent: () => chain.sinkListItem("listItem"),
      outdent: () => chain.liftListItem("listItem"),
      quote: () => chain.toggleBlockquote(),
      term: () => chain.toggleMark("term"),
      footnote: () => chain.toggleMark("footnote"),
      language: () => chain.toggleMark("language", { lang: this.box.lang === "es" ? "en" : "es" }),
      table: () => chain.insertTable({ rows: 3, cols: 3, withHeaderRow: true }),
      addRow: () => chain.addRowAfter(),
      deleteRow: () => chain.deleteRow(),
      addColumn: () => chain.addColumnAfter(),
      deleteColumn: () => chain.deleteColumn(),
      headerRow: () => chain.toggleHeaderRow(),
      headerColumn: () => chain.toggleHeaderColumn(),
      deleteTable: () => chain.deleteTable(),
      undo: () => chain.undo(),
      redo: () => chain.redo(),
    };
    return acts[what]().run();
  }

  tell(words) {
    this.querySelector(".gw-toolbar__told").textContent = words;
  }

  // Which buttons are on, off or out of place where the cursor stands.
  mark() {
    if (!this.buttons || !this.editor) return;
    const { editor } = this;
    if (!editor.state.selection.empty) this.tell("");
    const inList = editor.isActive("listItem");
    const inTable = editor.isActive("table");
    this.bar.querySelector("[data-table]").hidden = !inTable;
    const on = {
      paragraph: () => editor.isActive("paragraph") && !inList && !editor.isActive("blockquote"),
      h2: () => editor.isActive("heading", { level: 2 }),
      h3: () => editor.isActive("heading", { level: 3 }),
      bold: () => editor.isActive("bold"),
      italic: () => editor.isActive("italic"),
      link: () => editor.isActive("link"),
      bullets: () => editor.isActive("bulletList"),
      numbers: () => editor.isActive("orderedList"),
      quote: () => editor.isActive("blockquote"),
      term: () => editor.isActive("term"),
      footnote: () => editor.isActive("footnote"),
      language: () => editor.isActive("language"),
      picture: () => editor.isActive("picture"),
    };
    const can = {
      link: () => !editor.state.selection.empty || editor.isActive("link"),
      term: () => !editor.state.selection.empty || editor.isActive("term"),
      footnote: () => !editor.state.selection.empty || editor.isActive("footnote"),
      language: () => !editor.state.selection.empty || editor.isActive("language"),
      indent: () => editor.can().sinkListItem("listItem"),
      outdent: () => editor.can().liftListItem("listItem"),
      table: () => !inTable,
      undo: () => editor.can().undo(),
      redo: () => editor.can().redo(),
    };
    for (const button of this.buttons) {
      const what = button.dataset.do;
      if (on[what]) button.setAttribute("aria-pressed", on[what]());
      if (can[what]) button.setAttribute("aria-disabled", !can[what]());
      if (what === "indent" || what === "outdent") button.hidden = !inList;
    }
    const current = this.buttons.find((button) => button.tabIndex === 0 && shown(button));
    this.rest(current ?? this.buttons[0]);
  }

  // One stop for the Tab key; the arrows walk along the bar.
  rest(chosen) {
    for (const button of this.buttons) button.tabIndex = button === chosen ? 0 : -1;
  }

  walk(event) {
    const buttons = this.buttons.filter(shown);
    const at = buttons.indexOf(event.target.closest("button"));
    const last = buttons.length - 1;
    const to = { ArrowRight: at === last ? 0 : at + 1, ArrowLeft: at ? at - 1 : last, Home: 0, End: last }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      this.editor.commands.focus();
    } else if (to !== undefined) {
      event.preventDefault();
      this.rest(buttons[to]);
      buttons[to].focus();
    }
  }

  async askLink() {
    const { editor } = this;
    if (editor.state.selection.empty && !editor.isActive("link")) return;
    const dialog = document.getElementById("gw-link-dialog");
    const field = dialog.querySelector("input");
    const wrong = dialog.querySelector(".usa-error-message");
    field.value = editor.getAttributes("link").href ?? "https://";
    wrong.hidden = true;
    field.removeAttribute("aria-invalid");
    dialog.querySelector("[data-act=none]").hidden = !editor.isActive("link");
    const answer = await ask(dialog, () => {
      const fine = /^(https?:\/\/[^\s/]|mailto:[^\s]+@)/i.test(field.value.trim());
      wrong.hidden = fine;
      field.setAttribute("aria-invalid", !fine);
      if (!fine) field.focus();
      return fine;
    });
    const chain = editor.chain().focus().extendMarkRange("link");
    if (answer === "ok") chain.setLink({ href: field.value.trim() }).run();
    else if (answer === "none") chain.unsetLink().run();
    else editor.commands.focus();
  }

  async askCaption() {
    const { editor } = this;
    const dialog = document.getElementById("gw-caption-dialog");
    const field = dialog.querySelector("input");
    field.value = editor.getAttributes("table")["data-caption"] ?? "";
    const answer = await ask(dialog, () => true);
    if (answer === "ok") {
      editor.chain().focus().updateAttributes("table", { "data-caption": field.value.trim() || null }).run();
    } else {
      editor.commands.focus();
    }
  }

  // Choose a picture of the course and say what it shows; or change or remove the one that is chosen.
  async askPicture() {
    const { editor } = this;
    const dialog = document.getElementById("gw-picture-dialog");
    const list = dialog.querySelector("[data-pictures]");
    const words = dialog.querySelector("#gw-picture-words");
    const [none, silent] = ["#gw-picture-none", "#gw-picture-error"].map((id) => dialog.querySelector(id));
    await window.htmx.ajax("GET", dialog.dataset.from, { target: list, swap: "innerHTML" });
    const now = editor.isActive("picture") ? editor.getAttributes("picture") : null;
    const chosen = () => list.querySelector("input:checked");
    const told = () => chosen()?.getAttribute(`data-${this.box.lang || "en"}`) ?? "";
    const before = now && list.querySelector(`input[value="${now.title}"]`);
    if (before) before.checked = true;
    words.value = now?.words ?? "";
    words.lang = this.box.lang;
    none.hidden = silent.hidden = true;
    words.removeAttribute("aria-invalid");
    dialog.querySelector("[data-act=none]").hidden = !now;
    // The library's words come with the picture, unless somebody wrote others here.
    let suggested = words.value;
    list.onchange = () => {
      if (words.value.trim() && words.value !== suggested) return;
      words.value = suggested = told();
    };
    const answer = await ask(dialog, () => {
      none.hidden = Boolean(chosen() || now);
      silent.hidden = Boolean(words.value.trim());
      words.setAttribute("aria-invalid", !silent.hidden);
      if (!none.hidden) list.querySelector("input, a")?.focus();
      else if (!silent.hidden) words.focus();
      return none.hidden && silent.hidden;
    });
    const attributes = { title: chosen()?.value ?? now?.title, words: words.value.trim().replace(/\s+/g, " ") };
    const chain = editor.chain().focus();
    if (answer === "ok" && now) chain.updateAttributes("picture", attributes).run();
    else if (answer === "ok") chain.insertContent({ type: "picture", attrs: attributes }).run();
    else if (answer === "none") chain.deleteSelection().run();
    else editor.commands.focus();
  }
}

function shown(button) {
  return !button.hidden && !button.parentElement.hidden;
}

// Opens a dialog and resolves to the act that closes it: "ok" (when `fine` says so), "none", "cancel".
function ask(dialog, fine) {
  return new Promise((resolve) => {
    const done = new AbortController();
    const close = (act) => {
      if (act === "ok" && !fine()) return;
      done.abort();
      dialog.close();
      resolve(act);
    };
    const on = { signal: done.signal };
    dialog.addEventListener("click", (event) => {
      const act = event.target.closest("[data-act]")?.dataset.act;
      if (act) close(act);
    }, on);
    dialog.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && event.target.matches("input")) {
        event.preventDefault();
        close("ok");
      }
    }, on);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close("cancel");
    }, on);
    dialog.showModal();
    const first = dialog.querySelector("input:checked, input");
    first.focus();
    if (first.type !== "radio") first.select();
  });
}

function extensions(tiptap, host) {
  const {
    Document, Paragraph, Text, Heading, Bold, Italic, Underline, Strike, Subscript, Superscript, Code,
    CodeBlock, HardBreak, HorizontalRule, Blockquote, BulletList, OrderedList, ListItem, Link, Table,
    TableRow, TableHeader, TableCell, History, Gapcursor, Dropcursor, Extension, Mark, Node: Kind,
  } = tiptap;
  const kept = (name, tag, attribute) =>
    Mark.create({
      name,
      parseHTML: () => [{ tag: `${tag}[${attribute}]` }],
      addAttributes: () => ({ [attribute]: { default: null } }),
      renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
    });
  const plain = (name, tag, attributes = {}) =>
    Mark.create({
      name,
      priority: 1100, // around links: a footnote holds them, not they pieces of it
      inclusive: false,
      parseHTML: () => [{ tag }],
      addAttributes: () => attributes,
      renderHTML: ({ HTMLAttributes }) => [tag, HTMLAttributes, 0],
    });
  const keys = Extension.create({
    name: "keys",
    priority: 1000,
    addKeyboardShortcuts: () => ({
      Tab: () => leave(host, 1),
      "Shift-Tab": () => leave(host, -1),
      Escape: () => {
        host.buttons.find((button) => button.tabIndex === 0)?.focus();
        return true;
      },
      "Mod-k": () => {
        host.askLink();
        return true;
      },
      "Mod-]": ({ editor }) => editor.commands.sinkListItem("listItem"),
      "Mod-[": ({ editor }) => editor.commands.liftListItem("listItem"),
    }),
  });
  return [
    Document, Text, HardBreak, HorizontalRule, Blockquote, BulletList, OrderedList, ListItem, History,
    Gapcursor, Dropcursor, Bold, Italic, Underline, Strike, Subscript, Superscript, Code, CodeBlock,
    TableRow, TableHeader, TableCell, keys,
    Paragraph.extend({ addAttributes: () => ({ lang: { default: null } }) }),
    Heading.configure({ levels: [2, 3, 4] }),
    Link.configure({ protocols: ["http", "https", "mailto"], openOnClick: false, enableTarget: false }).extend({
      addAttributes: () => ({ href: { default: null }, title: { default: null } }),
      addKeyboardShortcuts: () => ({}),
    }),
    Table.extend({
      addAttributes() {
        return { ...this.parent?.(), "data-caption": { default: null } };
      },
    }),
    kept("language", "span", "lang"),
    kept("abbreviation", "abbr", "title"),
    plain("term", "dfn", { title: { default: null } }),
    plain("footnote", "small"),
    picture(Kind),
  ];
}

// Stored as the name of a picture of the course around the words for it; seen here as the picture.
function picture(Kind) {
  return Kind.create({
    name: "picture",
    group: "inline",
    inline: true,
    atom: true,
    draggable: true,
    parseHTML: () => [{ tag: "picture[title]" }],
    addAttributes: () => ({
      title: { default: null },
      words: { default: "", parseHTML: (element) => element.textContent, renderHTML: () => ({}) },
    }),
    renderHTML: ({ node }) => ["picture", { title: node.attrs.title }, node.attrs.words],
    addNodeView: () => ({ node }) => {
      const dom = document.createElement("img");
      dom.className = "gw-inline-picture";
      dom.alt = node.attrs.words;
      const from = document.getElementById("gw-picture-dialog")?.dataset.from;
      if (from) dom.src = `${from}${encodeURIComponent(node.attrs.title)}/`;
      return { dom };
    },
  });
}

// The Tab key moves on as in any text box: to what can be focused before or after the text.
function leave(host, step) {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [contenteditable=true]")].filter(
    (one) => one.tabIndex >= 0 && !one.disabled && one.checkVisibility({ visibilityProperty: true }),
  );
  all[all.indexOf(host.editor.view.dom) + step]?.focus();
  return true;
}

// The editor has no element for a caption: inside it, it is an attribute of the table.
function captionsIn(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const caption of page.querySelectorAll("table > caption")) {
    caption.parentElement.setAttribute("data-caption", caption.textContent.trim());
    caption.remove();
  }
  return page.body.innerHTML;
}

// Tables as screen readers want them: caption, head, scopes; and cells without an inner paragraph.
function captionsOut(html) {
  const page = new DOMParser().parseFromString(html, "text/html");
  for (const cell of page.querySelectorAll("td, th")) {
    for (const name of ["colspan", "rowspan"]) {
      if (cell.getAttribute(name) === "1") cell.removeAttribute(name);
    }
    if (cell.children.length === 1 && cell.firstElementChild.matches("p")) {
      cell.replaceChildren(...cell.firstElementChild.childNodes);
    }
  }
  for (const table of page.querySelectorAll("table")) {
    const rows = [...table.rows];
    const heads = [];
    for (const row of rows) {
      if (![...row.cells].every((cell) => cell.matches("th"))) break;
      heads.push(row);
    }
    if (heads.length && heads.length < rows.length) {
      const head = table.createTHead();
      head.append(...heads);
    }
    for (const cell of table.querySelectorAll("th")) {
      cell.setAttribute("scope", cell.closest("thead") ? "col" : "row");
    }
    const words = table.getAttribute("data-caption");
    table.removeAttribute("data-caption");
    if (words) table.createCaption().textContent = words;
  }
  return page.body.innerHTML;
}

customElements.define("gw-rich-text", RichText);
