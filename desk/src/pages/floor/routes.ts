import { Bell, DataLine, Histogram, Message, Phone, Timer, Warning } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('floor', [
  {
    path: '/floor',
    name: 'floor',
    component: () => import('./Floor.vue'),
    meta: {
      title: { zh: '现场', en: 'Live floor' },
      roles: ['supervisor', 'office', 'admin'],
      nav: { icon: DataLine, order: 40 },
      startOf: ['supervisor'],
    },
  },
  {
    path: '/monitor',
    name: 'monitor',
    component: () => import('./Monitor.vue'),
    meta: {
      title: { zh: '接通监测', en: 'Service level' },
      roles: ['supervisor', 'office', 'auditor', 'admin'],
      nav: { icon: Histogram, order: 41 },
    },
  },
  {
    path: '/calls',
    name: 'calls',
    component: () => import('./Calls.vue'),
    meta: {
      title: { zh: '通话记录', en: 'Calls' },
      roles: ['agent', 'supervisor', 'office', 'auditor', 'admin'],
      nav: { icon: Phone, order: 42 },
    },
  },
  {
    path: '/calls/:id',
    name: 'call',
    component: () => import('./Call.vue'),
    meta: { title: { zh: '一次通话', en: 'A call' }, roles: ['agent', 'supervisor', 'office', 'auditor', 'admin'] },
  },
  {
    path: '/messages',
    name: 'messages',
    component: () => import('./Messages.vue'),
    meta: {
      title: { zh: '留言', en: 'Messages' },
      roles: ['agent', 'supervisor', 'office'],
      but: ['expert'],
      nav: { icon: Message, order: 43 },
    },
  },
  {
    path: '/blocks',
    name: 'blocks',
    component: () => import('./Blocks.vue'),
    meta: {
      title: { zh: '骚扰拦截', en: 'Blocked numbers' },
      roles: ['supervisor', 'office', 'auditor'],
      nav: { icon: Warning, order: 44 },
    },
  },
  {
    path: '/probes',
    name: 'probes',
    component: () => import('./Probes.vue'),
    meta: {
      title: { zh: '单位电话测试', en: 'Reaching the units' },
      roles: ['supervisor', 'office', 'auditor', 'admin'],
      nav: { icon: Bell, order: 45 },
    },
  },
  {
    path: '/rota',
    name: 'rota',
    component: () => import('./Rota.vue'),
    meta: { title: { zh: '值班表', en: 'Rota' }, roles: ['supervisor', 'admin'], nav: { icon: Timer, order: 46 } },
  },
])
