import { Headset } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('agent', [
  {
    path: '/agent',
    name: 'agent',
    component: () => import('./Agent.vue'),
    meta: {
      title: { zh: '话务台', en: 'Agent desk' },
      titleFor: { expert: { zh: '专家席', en: 'Expert desk' } },
      roles: ['agent', 'supervisor'], // a supervisor may sit at a seat, and has to where they took a call over
      nav: { icon: Headset, order: 10 },
      startOf: ['agent', 'expert'],
      full: true,
      also: ['tickets'],
    },
  },
])
