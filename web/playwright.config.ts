import { defineConfig } from '@playwright/test';

/** A phone as large as most. */
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

// Chromium as Debian packages it; it shall ask nobody but the server for anything.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results',
  timeout: 120_000,
  workers: 1,
  retries: 0,
  forbidOnly: !!process.env.CI,
  // Where it counts, a test that tests nothing is no green one.
  reporter: [['list'], ...(process.env.CI ? ([['./e2e/no-skips.ts']] as const) : [])],
  use: {
    browserName: 'chromium',
    launchOptions: {
      executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
    trace: 'retain-on-failure',
  },
  // Everything on a desk by day; the main flows in a hand by night as well.
  projects: [
    {
      name: 'desktop-light',
      testIgnore: '**/phone.spec.ts',
      use: { viewport: { width: 1280, height: 800 }, colorScheme: 'light' },
    },
    { name: 'phone-dark', grep: /@phone/, use: { ...phone, colorScheme: 'dark' } },
  ],
});
