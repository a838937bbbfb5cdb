// Time of the replay: where it is, whether it runs, and how fast.

export const SPEEDS = ["auto", "0.25", "0.5", "1", "2", "5", "10", "30", "60"];

export class Clock {
  constructor(flight) {
    this.flight = flight;
    this.t = 0;
    this.playing = false;
    this.speed = "auto";
  }

  // Seconds of flight in a second: on its own, fast where little happens.
  rate(state) {
    if (this.speed !== "auto") return Number(this.speed);
    const h = state.height_m;
    const ended = this.flight.contact_s === null ? this.flight.end_s : this.flight.contact_s;
    if (state.t_s > ended - 1.2) return 0.5;
    if (!(h < 30000)) return 30;
    if (h > 3000) return 28;
    if (h > 400) return 7;
    if (h > 12) return 2.5;
    return 1;
  }

  seek(t) {
    this.t = Math.min(Math.max(t, 0), this.flight.end_s);
  }

  advance(seconds, state) {
    if (!this.playing) return;
    this.seek(this.t + seconds * this.rate(state));
    if (this.t >= this.flight.end_s) this.playing = false;
  }

  faster(step) {
    const next = SPEEDS.indexOf(this.speed) + step;
    if (next >= 0 && next < SPEEDS.length) this.speed = SPEEDS[next];
  }
}
