// <gw-voice>: tells people who do not see the page what is new in the room, at most once in five seconds.
// What comes meanwhile is summed up: «New messages: 4». The words are in its attributes.
const PAUSE = 5000;

class Voice extends HTMLElement {
  connectedCallback() {
    this.setAttribute("role", "status");
    this.counts = new Map();
    this.sentences = new Map();
    this.leaving = new AbortController();
    const on = { signal: this.leaving.signal };
    document.addEventListener("room:placed", ({ detail }) => {
      if (detail.isNew && this.dataset[detail.list]) this.note(detail.list);
    }, on);
    document.addEventListener("room:said", ({ detail }) => this.say("said", detail.words), on);
    document.addEventListener("room:state", ({ detail }) => this.say("state", this.dataset[detail.state]), on);
    document.addEventListener("room:line", ({ detail }) => {
      const back = (detail.state === "connected" || detail.state === "polling") && detail.before === "lost";
      this.say("line", back ? this.dataset.connected : this.dataset[detail.state === "connected" ? "" : detail.state]);
    }, on);
  }

  disconnectedCallback() {
    this.leaving.abort();
    clearTimeout(this.timer);
  }

  note(list) {
    this.counts.set(list, (this.counts.get(list) ?? 0) + 1);
    this.soon();
  }

  say(about, sentence) {
    if (!sentence) return;
    this.sentences.set(about, sentence);
    this.soon();
  }

  soon() {
    this.timer ??= setTimeout(() => this.speak(), Math.max(300, (this.spoken ?? 0) + PAUSE - performance.now()));
  }

  speak() {
    this.timer = null;
    this.spoken = performance.now();
    const news = [...this.counts].map(([list, n]) => this.dataset[list].replace("{n}", n));
    this.textContent = [...this.sentences.values(), ...news].join(" ");
    this.counts.clear();
    this.sentences.clear();
  }
}

customElements.define("gw-voice", Voice);
