/**
 * The settings, the same before Start and while it runs: what is changed there holds at once.
 */
import type { BrowserAbilities, Donor } from '#client/host/browser/donor.ts';
import { byId, make, redraw, show, write } from './elements.ts';
import { describeCores, describeSettings } from './settings-text.ts';

/** See above. */
export class SettingsCard {
  readonly #donor: Donor;
  readonly #cores = byId('cores', HTMLInputElement);
  readonly #coresText = byId('cores-text', HTMLElement);
  readonly #charging = byId('charging', HTMLInputElement);
  readonly #gpu = byId('gpu', HTMLInputElement);
  readonly #softwareGpu = byId('software-gpu', HTMLInputElement);
  readonly #disk = byId('disk', HTMLSelectElement);
  #abilities: BrowserAbilities | undefined;
  #isSliding = false;

  constructor(donor: Donor) {
    this.#donor = donor;
    this.#cores.addEventListener('input', () => {
      this.#isSliding = true;
      this.#writeCores(Number(this.#cores.value));
    });
    // Not at every step of the slider: each change of cores ends or starts workers.
    this.#cores.addEventListener('change', () => {
      this.#isSliding = false;
      donor.change({ cores: Number(this.#cores.value) });
    });
    this.#charging.addEventListener('change', () => donor.change({ onlyWhileCharging: this.#charging.checked }));
    this.#gpu.addEventListener('change', () => donor.change({ shareGpu: this.#gpu.checked }));
    this.#softwareGpu.addEventListener('change', () => donor.change({ allowSoftwareGpu: this.#softwareGpu.checked }));
    this.#disk.addEventListener('change', () => donor.change({ diskLimitBytes: Number(this.#disk.value) }));
  }

  draw(abilities: BrowserAbilities | undefined): void {
    show(byId('settings', HTMLElement), abilities !== undefined);
    this.#abilities = abilities;
    if (abilities === undefined) return;
    const { settings } = this.#donor;
    const text = describeSettings(settings, abilities);
    if (!this.#isSliding) {
      this.#cores.max = String(text.maxCores);
      this.#cores.value = String(text.cores);
      this.#writeCores(text.cores);
    }
    show(this.#cores, text.maxCores > 1);
    this.#charging.checked = settings.onlyWhileCharging;
    this.#gpu.checked = settings.shareGpu;
    this.#softwareGpu.checked = settings.allowSoftwareGpu;
    show(byId('charging-setting', HTMLElement), text.hasCharging);
    show(byId('gpu-setting', HTMLElement), text.hasGpu);
    show(byId('advanced', HTMLElement), text.hasGpu);
    show(byId('disk-setting', HTMLElement), text.hasDisk);
    redraw(this.#disk, text.diskChoices, () =>
      text.diskChoices.map(({ bytes, label }) => {
        const option = make('option', '', label);
        option.value = String(bytes);
        return option;
      }),
    );
    this.#disk.value = String(settings.diskLimitBytes);
  }

  #writeCores(cores: number): void {
    const words = describeCores(cores, this.#abilities?.cores ?? cores);
    write(this.#coresText, words);
    this.#cores.setAttribute('aria-valuetext', words);
  }
}
