import { Monitor } from '@element-plus/icons-vue'
import { area } from '@/router/area'

export default area('wall', [
  { path: '/wall', name: 'wall', component: () => import('./Wall.vue'), meta: { title: { zh: '大屏', en: 'Wallboard' }, roles: 'public', bare: true } },
  {
    path: '/walls',
    name: 'walls',
    component: () => import('./Screens.vue'),
    meta: { title: { zh: '大屏授权', en: 'Wall screens' }, roles: ['supervisor', 'admin'], nav: { icon: Monitor, order: 47 } },
  },
])
