// <gw-clock seconds="300" form="paper" left="Time left: {time}" minutes="You have {count} minutes left." minute="…" over="…">
// Counts down from what the server said is left, whatever this machine's clock says. It shows every
// second and speaks rarely: at ten, five and one minute, and when it is over. Then it sends the form.
const SPEAKS = [600, 300, 60];

class Clock extends HTMLElement {
  connectedCallback() {
    this.ends = performance.now() + Number(this.getAttribute("seconds")) * 1000;
    this.before = this.seconds();
    this.timer = setInterval(() => this.tick(), 1000);
    this.tick();
  }

  disconnectedCallback() {
    clearInterval(this.timer);
  }

  seconds() {
    return Math.max(0, Math.round((this.ends - performance.now()) / 1000));
  }

  tick() {
    const left = this.seconds();
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(left / 3600);
    const time = `${hours ? `${hours}:${two(Math.floor(left / 60) % 60)}` : Math.floor(left / 60)}:${two(left % 60)}`;
    this.querySelector("[data-left]").textContent = this.getAttribute("left").replace("{time}", time);
    const passed = SPEAKS.find((mark) => this.before > mark && left <= mark);
    if (passed) {
      this.tell(passed === 60 ? this.getAttribute("minute") : this.getAttribute("minutes").replace("{count}", passed / 60));
    }
    this.before = left;
    if (!left) this.send();
  }

  tell(words) {
    this.querySelector("[data-told]").textContent = words;
  }

  send() {
    clearInterval(this.timer);
    this.tell(this.getAttribute("over"));
    const form = document.getElementById(this.getAttribute("form"));
    const mark = Object.assign(document.createElement("input"), { type: "hidden", name: "clock", value: "yes" });
    form.append(mark);
    form.noValidate = true;
    form.requestSubmit();
  }
}

customElements.define("gw-clock", Clock);
