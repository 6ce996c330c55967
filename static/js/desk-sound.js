// A quiet tone for each outcome: high for done, two for "look", low for refused. The desk's computer remembers whether.

const KEY = "lyceum-desk-sound";
const TONES = { good: [[880, 0, 0.07]], warn: [[660, 0, 0.08], [880, 0.11, 0.08]], bad: [[220, 0, 0.25]] }; // Hz, from s, for s
const LOUDNESS = 0.06; // of 1
let context;

export const sound = {
  get isOn() {
    return localStorage.getItem(KEY) !== "off";
  },
  set isOn(wish) {
    localStorage.setItem(KEY, wish ? "on" : "off");
  },
};

export function beep(tone) {
  if (!sound.isOn || !window.AudioContext || !navigator.userActivation?.hasBeenActive) return;
  context ??= new AudioContext();
  for (const [frequency, after, length] of TONES[tone] ?? TONES.good) {
    const begin = context.currentTime + after;
    const gain = new GainNode(context, { gain: LOUDNESS });
    gain.gain.setTargetAtTime(0, begin + length * 0.7, 0.02); // no click at the end
    const tune = new OscillatorNode(context, { frequency });
    tune.connect(gain).connect(context.destination);
    tune.start(begin);
    tune.stop(begin + length + 0.1);
  }
}
