// <gw-time-left>: how many minutes are left of the planned time, by the server's clock. The words are in its attributes.
// It is not read aloud: it changes every minute. Without this the planned times stand there.
const SOON = 5, LONG = 120;

class Clock extends HTMLElement {
  connectedCallback() {
    const said = Date.parse(this.closest("[data-now]")?.dataset.now ?? "");
    Clock.ahead ??= Number.isNaN(said) ? 0 : said - Date.now();
    this.timer = setInterval(() => this.tell(), 1000);
    this.tell();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  get words() {
    const now = Date.now() + Clock.ahead;
    const minutes = (moment) => Math.ceil((Date.parse(moment) - now) / 60_000);
    const { state, starts, ends } = this.dataset;
    if (state === "scheduled") {
      const until = minutes(starts);
      return until >= 0 ? this.dataset.until.replace("{n}", until) : this.dataset.late.replace("{n}", -until);
    }
    if (state !== "live" && state !== "break") return "";
    const left = minutes(ends);
    this.classList.toggle("gw-time-left--soon", left <= SOON);
    if (left >= LONG) return this.dataset.long.replace("{h}", Math.floor(left / 60)).replace("{n}", left % 60);
    return left >= 0 ? this.dataset.left.replace("{n}", left) : this.dataset.over.replace("{n}", -left);
  }

  tell() {
    const place = this.querySelector("[data-clock]");
    const { words } = this;
    if (place.textContent === words) return;
    place.textContent = words;
    place.hidden = !words;
  }
}

customElements.define("gw-time-left", Clock);
