import { area } from '@/router/area'

export default area('notfound', [
  {
    path: '/forbidden',
    name: 'forbidden',
    component: () => import('./Elsewhere.vue'),
    props: { kind: 'forbidden' },
    meta: { title: { zh: '不能进入', en: 'Not for you' }, roles: 'anybody' },
  },
  {
    path: '/:rest(.*)*',
    name: 'notfound',
    component: () => import('./Elsewhere.vue'),
    props: { kind: 'missing' },
    meta: { title: { zh: '没有这个页面', en: 'No such page' }, roles: 'public', bare: true },
  },
])
