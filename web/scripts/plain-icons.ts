// Icons as plain markup. Lucide's own component builds each icon out of parts while the page is drawn, which took more time than
// the rest of the navigation together; here its drawings become components that are copied as they are.
import type { Plugin } from 'vite';

type Part = [tag: string, attributes: Record<string, string>];

const drawn = (parts: Part[]): string =>
  parts
    .map(([tag, attributes]) => {
      const written = Object.entries(attributes).map(([name, value]) => `${name}="${value}"`);
      return `<${tag} ${written.join(' ')} />`;
    })
    .join('');

const component = (parts: Part[]): string => `
<script>
  let { size = 24, strokeWidth = 2, fill = 'none', 'aria-hidden': hidden = 'true' } = $props();
</script>
<svg width={size} height={size} viewBox="0 0 24 24" {fill} stroke="currentColor" stroke-width={strokeWidth}
  stroke-linecap="round" stroke-linejoin="round" aria-hidden={hidden}>${drawn(parts)}</svg>
`;

export const plainIcons = (): Plugin => ({
  name: 'plain-icons',
  enforce: 'pre',
  transform: {
    filter: { id: /\/@lucide\/svelte\/dist\/icons\/[\w-]+\.svelte$/ },
    handler(code) {
      const data = /const iconData = (\{.*\});/.exec(code)?.[1];
      if (!data) throw new Error('Lucide writes its icons differently now');
      return { code: component((JSON.parse(data) as { node: Part[] }).node), map: null };
    },
  },
});
