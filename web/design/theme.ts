/**
 * The visual language as Mantine's theme. Mantine makes its variables from palettes; where it names what a colour is for
 * (text, border, error …), the name leads to the variable of tokens.css, so there is one place to change it.
 */
import {
  createTheme,
  type CSSVariablesResolver,
  defaultVariantColorsResolver,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** From the first light to late afternoon. Shade 4 fills buttons, with dark words on it. */
const sun: MantineColorsTuple = [
  '#fff8e8',
  '#ffefc9',
  '#ffe09a',
  '#ffcc66',
  '#ffb02e',
  '#f5a31c',
  '#d98a00',
  '#c77700',
  '#8f5500',
  '#5f3900',
];
const stone: MantineColorsTuple = [
  '#faf9f6',
  '#f5f2ec',
  '#ebe7df',
  '#e6e1d8',
  '#d6d0c4',
  '#8b8478',
  '#6d675d',
  '#575248',
  '#3d3932',
  '#22201c',
];
const night: MantineColorsTuple = [
  '#ecebe7',
  '#d0cdc6',
  '#a9a499',
  '#8f9199',
  '#30333b',
  '#272a31',
  '#1e2026',
  '#15161a',
  '#101114',
  '#0b0c0e',
];

/** Words on what is dangerous have a colour of their own. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const colors = defaultVariantColorsResolver(input);
  return input.color === 'red' && input.variant === 'filled' ? { ...colors, color: 'var(--on-bad)' } : colors;
};

/** Colours, type and corners. */
export const theme = createTheme({
  primaryColor: 'sun',
  primaryShade: 4,
  autoContrast: true,
  variantColorResolver,
  black: '#22180a',
  colors: { sun, gray: stone, dark: night },
  fontFamily: 'var(--font)',
  fontFamilyMonospace: 'var(--font-mono)',
  fontSizes: {
    xs: 'var(--text-tiny)',
    sm: 'var(--text-small)',
    md: 'var(--text)',
    lg: 'var(--text-large)',
    xl: '1.375rem',
  },
  headings: { fontFamily: 'var(--font)', fontWeight: '650', textWrap: 'balance' },
  radius: { sm: '6px', md: 'var(--corner-small)', lg: 'var(--corner)' },
  defaultRadius: 'md',
  focusRing: 'auto',
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    // The head of a dialog is not a second head of the page.
    Modal: {
      defaultProps: { centered: true, attributes: { header: { role: 'presentation' } } },
      styles: { title: { fontSize: 'var(--text-large)', fontWeight: 650 } },
    },
  },
});

const MEANINGS = {
  '--mantine-color-body': 'var(--bg)',
  '--mantine-color-text': 'var(--ink)',
  '--mantine-color-bright': 'var(--ink)',
  '--mantine-color-dimmed': 'var(--soft)',
  '--mantine-color-placeholder': 'var(--soft)',
  '--mantine-color-anchor': 'var(--sun-words)',
  '--mantine-color-error': 'var(--bad)',
  '--mantine-color-success': 'var(--good)',
  '--mantine-color-default': 'var(--card)',
  '--mantine-color-default-color': 'var(--ink)',
  '--mantine-color-default-border': 'var(--line)',
  '--mantine-color-default-hover': 'var(--sunken)',
  '--mantine-color-disabled': 'var(--calm-tint)',
  '--mantine-color-disabled-color': 'var(--soft)',
  '--mantine-color-disabled-border': 'var(--line)',
  '--mantine-color-sun-text': 'var(--sun-words)',
  '--mantine-color-sun-light': 'var(--tint)',
  '--mantine-color-sun-light-hover': 'color-mix(in srgb, var(--sun) 16%, var(--tint))',
  '--mantine-color-sun-light-color': 'var(--sun-words)',
  '--mantine-color-sun-outline': 'var(--sun-words)',
  '--mantine-color-red-filled': 'var(--bad)',
  '--mantine-color-red-filled-hover': 'color-mix(in srgb, var(--bad) 85%, var(--ink))',
  '--mantine-color-red-text': 'var(--bad)',
  '--mantine-color-red-light': 'var(--bad-tint)',
  '--mantine-color-red-light-hover': 'color-mix(in srgb, var(--bad) 14%, var(--bad-tint))',
  '--mantine-color-red-light-color': 'var(--bad)',
  '--mantine-color-red-outline': 'var(--bad)',
  '--mantine-color-green-text': 'var(--good)',
  '--mantine-color-green-light': 'var(--good-tint)',
  '--mantine-color-green-light-color': 'var(--good)',
};

/** Leads Mantine's names to those of tokens.css. */
export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: MEANINGS, dark: MEANINGS });
