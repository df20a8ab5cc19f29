// <gw-captions>: lines of live captions as they come, in the language and the size that the reader chose.
// Nothing is read aloud: who hears does not need it, and a braille display can stay in the box.
const KEPT = 300;

class Captions extends HTMLElement {
  connectedCallback() {
    this.lines = this.querySelector("[data-lines]");
    this.seen = new Set([...this.lines.children].map((line) => line.dataset.line));
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    document.addEventListener("room:captions", ({ detail }) => this.add(detail.lines), on);
    for (const choice of this.querySelectorAll("select")) {
      const kept = localStorage.getItem(`gw-captions ${choice.name}`);
      if ([...choice.options].some((option) => option.value === kept)) choice.value = kept;
      choice.addEventListener("change", () => {
        localStorage.setItem(`gw-captions ${choice.name}`, choice.value);
        this.apply();
      }, on);
    }
    this.querySelector("[data-choices]").hidden = false;
    this.apply();
  }

  disconnectedCallback() {
    this.leaving.abort();
  }

  add(lines) {
    for (const [language, number, text] of lines) {
      const name = `${language} ${number}`;
      if (this.seen.has(name)) continue;
      this.seen.add(name);
      const line = Object.assign(document.createElement("p"), { lang: language, textContent: text });
      line.dataset.line = name;
      this.lines.append(line);
      this.hidden = false;
    }
    while (this.lines.childElementCount > KEPT) this.lines.firstElementChild.remove();
    this.apply();
  }

  apply() {
    const { language, size } = Object.fromEntries([...this.querySelectorAll("select")].map((one) => [one.name, one.value]));
    this.dataset.size = size;
    const all = [...this.lines.children];
    // Until the reader chooses: better another language than an empty box.
    const chosen = localStorage.getItem("gw-captions language") || all.some((line) => line.lang === language);
    for (const line of all) line.hidden = Boolean(chosen) && line.lang !== language;
    this.querySelector("[data-quiet]").hidden = all.some((line) => !line.hidden);
  }
}

customElements.define("gw-captions", Captions);
