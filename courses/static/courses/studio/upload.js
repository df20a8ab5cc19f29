// <gw-upload key begin piece largest><form>…</form></gw-upload>: sends a large file in pieces that
// survive a lost connection and a closed tab (tus 1.0 in short: say the size, ask the offset, append).
// Small files, and browsers without JavaScript, use the form as it is.
const SMALL = 8 * 1024 * 1024;
const PAUSES = [1000, 3000, 10000, 30000];

class Upload extends HTMLElement {
  connectedCallback() {
    this.form = this.querySelector("form");
    this.form?.addEventListener("submit", (event) => {
      const file = this.form.elements.file.files[0];
      if (!file || file.size <= SMALL) return;
      event.preventDefault();
      this.send(file);
    });
  }

  get token() {
    // After signing in again on another tab the token of this page is an old one.
    return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? this.form.elements.csrfmiddlewaretoken.value;
  }

  tell(words) {
    this.querySelector("[data-told]").textContent = words;
  }

  // The same file again, after a closed tab: the same key, so it goes on where it stopped.
  keyOf(file) {
    const name = `upload:${this.getAttribute("begin")}:${file.name}:${file.size}:${file.lastModified}`;
    const key = localStorage.getItem(name) || this.getAttribute("key");
    localStorage.setItem(name, key);
    return [name, key];
  }

  async send(file) {
    if (file.size > Number(this.getAttribute("largest"))) return this.tell(this.getAttribute("toolarge"));
    const button = this.form.querySelector("button");
    const bar = this.querySelector("progress");
    const [name, key] = this.keyOf(file);
    button.disabled = true;
    bar.hidden = false;
    try {
      const begun = await this.ask(this.getAttribute("begin"), { method: "POST", body: new URLSearchParams({ key, name: file.name, size: file.size }) });
      const { address, received } = await begun.json();
      let offset = received;
      while (offset < file.size) {
        bar.value = Math.floor((100 * offset) / file.size);
        this.tell(this.getAttribute("sending").replace("{percent}", bar.value));
        const piece = file.slice(offset, offset + Number(this.getAttribute("piece")));
        const answer = await this.ask(address, { method: "PATCH", body: piece, headers: { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" } });
        offset = Number(answer.headers.get("Upload-Offset"));
      }
      bar.value = 100;
      const done = await this.ask(address, { method: "POST" });
      localStorage.removeItem(name);
      location.assign((await done.json()).address);
    } catch (problem) {
      this.tell(problem.message);
      if (!problem.goesOn) {
        localStorage.removeItem(name);
        this.setAttribute("key", crypto.randomUUID());
      }
      button.disabled = false;
      bar.hidden = true;
    }
  }

  // Answers 2xx and 409 (another offset) come back; a refusal is thrown; anything else is tried again.
  async ask(address, options) {
    for (let attempt = 0; ; attempt++) {
      const headers = { "X-CSRFToken": this.token, ...options.headers };
      const answer = await fetch(address, { ...options, headers }).catch(() => null);
      // Signed out meanwhile: what is there stays there, and the same file goes on after signing in.
      if (answer?.redirected || answer?.status === 403) {
        throw Object.assign(new Error(this.getAttribute("signedout")), { goesOn: true });
      }
      if (answer && (answer.ok || answer.status === 409)) return answer;
      if (answer && answer.status === 422) throw new Error((await answer.json()).problem);
      if (answer && answer.status < 500) throw new Error(`${answer.status} ${answer.statusText}`);
      this.tell(this.getAttribute("waiting"));
      await new Promise((resume) => setTimeout(resume, PAUSES[Math.min(attempt, PAUSES.length - 1)]));
    }
  }
}

customElements.define("gw-upload", Upload);
